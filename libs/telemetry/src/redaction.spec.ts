import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';
import { REDACTED, redact, redactLine, redactString } from './redaction.js';

const SECRET = 'hunter2hunter2';

/** What the logger writes for one call. */
function logged(...call: [object, string?]): Record<string, unknown> & { line: string } {
  const lines: string[] = [];
  const sink = new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) });
  createLogger(sink).info(...call);
  const line = lines.join('');
  return { ...(JSON.parse(line) as object), line };
}

describe('a log line', () => {
  it.each([
    ['an authorization header', { req: { headers: { authorization: `Bearer ${SECRET}` } } }],
    ['a header in capitals', { headers: { 'Proxy-Authorization': SECRET } }],
    ['a cookie that is set', { headers: { 'set-cookie': [`session=${SECRET}`] } }],
    ['a token far down', { a: [{ b: { access_token: SECRET } }] }],
    ['a camel-case name', { config: { secretAccessKey: SECRET } }],
    ['a presigned URL', { url: `https://s3/x?X-Amz-Expires=3600&X-Amz-Signature=${SECRET}&X-Amz-Date=1` }],
    ['its credential', { url: `https://s3/x?X-Amz-Credential=${SECRET}%2F20261123%2Fs3` }],
    ['its session token', { url: `https://s3/x?x-amz-security-token=${SECRET}` }],
    ['a presigned URL inside another', { next: `https://a/?to=https%3A%2F%2Fs3%2F%3FX-Amz-Signature%3D${SECRET}` }],
    ['a database URL', { DATABASE_URL: `postgres://edgeflow:${SECRET}@db:5432/edgeflow` }],
    ['a NATS URL', { servers: [`nats://edge:${SECRET}@n1:4222,nats://edge:${SECRET}@n2:4222`] }],
    ['a NATS token', { NATS_URL: `nats://${SECRET}@n1:4222` }],
    ['a NATS password over TLS', { servers: `tls://gateway:${SECRET}@n1:4222,tls://gateway:${SECRET}@n2:4222` }],
    ['an API key', { body: `key=efk.acme.key_1.${SECRET}` }],
    ['a claim token', { note: `efc.acme.clm_1.${SECRET}.` }],
    ['an API key as bearer token', { h: `Bearer efk.acme.key_1.${SECRET}` }],
    ['a bearer token that begins like an API key', { h: `Bearer efk.${SECRET}` }],
    ['a claim token in a path', { path: `/gateway/v1/claims/efc.acme.clm_1.${SECRET}/revoke` }],
    ['a private key', { pem: `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----` }],
    ['a cut private key', { pem: `-----BEGIN EC PRIVATE KEY-----\n${SECRET}` }],
    ['a private JWK', { key: { kty: 'OKP', crv: 'Ed25519', x: 'public', d: SECRET } }],
    ['printed JSON', { body: JSON.stringify({ password: `a"${SECRET}` }) }],
    ['a libpq string', { dsn: `host=db user=edge password=${SECRET}` }],
    ['an error', { err: new Error(`connect postgres://edge:${SECRET}@db failed`) }],
    ['the cause of an error', { err: new Error('outer', { cause: new Error(`Bearer ${SECRET}`) }) }],
  ])('does not show %s', (_name, fields) => {
    const { line } = logged(fields, 'message');
    expect(line).not.toContain(SECRET);
    expect(line).toContain(REDACTED);
  });

  it('does not show a token in its message', () => {
    expect(logged({}, 'got eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJkIn0.c2lnbmF0dXJl').msg).toBe(`got ${REDACTED}`);
  });

  it('keeps what is no secret', () => {
    const url = 'https://s3.example/bucket/firmware/a.bin?X-Amz-Date=20261123&X-Amz-Expires=3600';
    expect(logged({ url, device_id: 'dev_1', d: 4, public_key: { kty: 'OKP', x: 'abc' } }, 'offered')).toMatchObject({
      ...{ level: 'info', msg: 'offered', url, device_id: 'dev_1', d: 4, public_key: { kty: 'OKP', x: 'abc' } },
    });
  });

  it('has an ISO time, a level in words and a service', () => {
    expect(logged({ a: 1 }, 'm')).toMatchObject({ time: expect.stringMatching(/^\d{4}-.*Z$/), level: 'info', a: 1 });
    expect(logged({ a: 1 }, 'm')).toHaveProperty('service');
  });

  it('stays one line of JSON whatever is in it', () => {
    const secretive = fc.constantFrom('token', 'authorization', 'd', 'kty', 'X-Amz-Signature=', '"', '://a:b@c');
    const strings = fc.array(fc.oneof(secretive, fc.string())).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.dictionary(strings, fc.oneof(strings, fc.array(strings), fc.integer())), (fields) => {
        const line = redactLine(`${JSON.stringify(fields)}\n`);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(Object.keys(JSON.parse(line) as object)).toEqual(
          Object.keys(JSON.parse(JSON.stringify(fields)) as object),
        );
      }),
    );
  });

  it('hides a password of any form in a URL', () => {
    const password = fc.stringMatching(/^[A-Za-z0-9%!$&()*+,;=._~-]{8,40}$/);
    fc.assert(
      fc.property(password, (secret) => {
        expect(redactString(`to postgres://edge:${secret}@db:5432/x`)).toBe(`to postgres://edge:${REDACTED}@db:5432/x`);
      }),
    );
  });
});

describe('redact', () => {
  it('leaves the value that it was given as it was', () => {
    const value = { token: SECRET, nested: [{ cookie: 'a' }] };
    expect(redact(value)).toEqual({ token: REDACTED, nested: [{ cookie: REDACTED }] });
    expect(value.token).toBe(SECRET);
  });
});
