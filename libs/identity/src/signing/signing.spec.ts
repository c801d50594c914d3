import { KEY_STATEMENT_TYPE, MANIFEST_TYPE, Refused, type FirmwareManifest } from '@edgeflow/contracts';
import { createPrivateKey, sign } from 'node:crypto';
import { CompactSign, UnsecuredJWT, generateKeyPair, importJWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { compactOf, flattenedOf } from './jws.js';
import { readKeyStatement, signKeyStatement } from './key-statement.js';
import { readManifest, signManifest } from './manifest.js';
import { newSigningKey, signingKeyOf, type SigningKey } from './signing-key.js';

const manifest: FirmwareManifest = {
  ...{ org: 'acme', models: ['m1'], version: '1.1.0', sha256: 'a'.repeat(64), size: 5, release_counter: 3 },
  expires_at: '2030-01-01T00:00:00Z',
};
let key: SigningKey;
beforeAll(async () => {
  key = await newSigningKey('acme-2026');
});

const keyOf = (kid: string) => (kid === key.kid ? key.public_key : undefined);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'taken',
    (error: unknown) => (error as Refused).code,
  );
const read = (compact: string) => codeOf(readManifest(compact, keyOf));

/** A JWS with any header and payload, signed rightly. */
async function signed(header: object, payload: unknown = manifest): Promise<string> {
  const bytes = new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload));
  const head = { alg: 'EdDSA', kid: key.kid, ...header };
  return new CompactSign(bytes)
    .setProtectedHeader(head)
    .sign(await importJWK(key.jwk, 'EdDSA'), { crit: { x: false } });
}

describe('a manifest', () => {
  it('says what was signed, and with which key', async () => {
    const compact = await signManifest(manifest, key.jwk, key.kid);
    expect(await readManifest(compact, keyOf)).toEqual({ kid: 'acme-2026', manifest });
    expect(compactOf(flattenedOf(compact))).toBe(compact);
  });

  it('is signed and read in one turn, on no other thread', async () => {
    let isSameTurn = true;
    setImmediate(() => (isSameTurn = false));
    await readManifest(await signManifest(manifest, key.jwk, key.kid), keyOf);
    expect(isSameTurn).toBe(true);
  });

  it('may give its end in seconds since 1970', async () => {
    const { manifest: got } = await readManifest(await signed({}, { ...manifest, expires_at: 1_893_456_000 }), keyOf);
    expect(got.expires_at).toBe('2030-01-01T00:00:00.000Z');
  });

  it.each([[{}], [{ typ: 'JOSE' }], [{ typ: 'JWS' }], [{ typ: MANIFEST_TYPE, cty: 'json' }]])(
    'may have the header %j',
    async (header) => expect(await read(await signed(header))).toBe('taken'),
  );

  it.each([
    [{ typ: KEY_STATEMENT_TYPE }],
    [{ typ: 'JWT' }],
    [{ kid: undefined }],
    [{ kid: 'a b' }],
    [{ jwk: { kty: 'OKP' } }],
    [{ jku: 'https://evil.example/keys' }],
    [{ x5c: ['AA=='] }],
    [{ crit: ['x'], x: 1 }],
  ])('may not have the header %j', async (header) =>
    expect(await read(await signed(header))).toBe('signature-invalid'),
  );

  it.each([
    ['a member twice', '{"alg":"EdDSA","kid":"acme-2026","typ":"x","typ":"JOSE"}'],
    ['a member twice, once in disguise', '{"alg":"EdDSA","kid":"acme-2026","k\\u0069d":"acme-2026"}'],
    ['a member that is no string', '{"alg":"EdDSA","kid":"acme-2026","cty":["json"]}'],
    ['no object', '["alg"]'],
  ])('may not have a header with %s', async (_name, header) => {
    const [head, payload] = [header, JSON.stringify(manifest)].map((text) => Buffer.from(text).toString('base64url'));
    const { d = '', x = '' } = key.jwk;
    const privateKey = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x }, format: 'jwk' });
    const signature = sign(null, Buffer.from(`${head}.${payload}`), privateKey).toString('base64url');
    expect(await read(`${head}.${payload}.${signature}`)).toBe('signature-invalid');
  });

  it.each([
    ['no JSON', 'hello', 'signature-invalid'],
    ['no object', '5', 'manifest-mismatch'],
    ['no version', { ...manifest, version: undefined }, 'manifest-mismatch'],
    ['a counter below 0', { ...manifest, release_counter: -1 }, 'manifest-mismatch'],
    ['a counter in words', { ...manifest, release_counter: '7' }, 'manifest-mismatch'],
    ['an end that is no time', { ...manifest, expires_at: 'soon' }, 'manifest-mismatch'],
    ['an end beyond all times', { ...manifest, expires_at: 9e15 }, 'manifest-mismatch'],
  ])('with %s is refused', async (_name, payload, code) => expect(await read(await signed({}, payload))).toBe(code));

  it('of another key, of no key, or altered is refused', async () => {
    const other = await newSigningKey(key.kid);
    expect(await read(await signManifest(manifest, other.jwk, key.kid))).toBe('signature-invalid');
    expect(await read(await signManifest(manifest, other.jwk, 'other'))).toBe('signing-key-unknown');
    expect(await read(new UnsecuredJWT({ ...manifest }).encode())).toBe('signature-invalid');
    const { privateKey } = await generateKeyPair('ES256');
    const bytes = new TextEncoder().encode(JSON.stringify(manifest));
    const es256 = new CompactSign(bytes).setProtectedHeader({ alg: 'ES256', kid: key.kid }).sign(privateKey);
    expect(await read(await es256)).toBe('signature-invalid');
    const parts = flattenedOf(await signManifest(manifest, key.jwk, key.kid));
    const payload = Buffer.from(JSON.stringify({ ...manifest, version: '9.9.9' })).toString('base64url');
    expect(await read(compactOf({ ...parts, payload }))).toBe('signature-invalid');
  });

  it.each(['', 'a.b.c', 'x'.repeat(9000), '{}'])('that is none is refused (%#)', async (text) =>
    expect(await read(text)).toBe('signature-invalid'),
  );

  it('of a revoked key is refused in the words of the lookup', async () => {
    const revoked = () => {
      throw new Refused('signing-key-revoked');
    };
    const compact = await signManifest(manifest, key.jwk, key.kid);
    expect(await codeOf(readManifest(compact, revoked))).toBe('signing-key-revoked');
  });
});

describe('a key statement', () => {
  it('is no manifest, and no manifest is one', async () => {
    const { kid, public_key } = await newSigningKey('acme-2027');
    const statement = { org: 'acme', kid, public_key, issued_at: '2026-11-25T00:00:00Z' };
    const compact = await signKeyStatement(statement, key.jwk, key.kid);
    expect(await readKeyStatement(compact, keyOf)).toEqual({ kid: 'acme-2026', statement });
    expect(await read(compact)).toBe('signature-invalid');
    const other = await signManifest(manifest, key.jwk, key.kid);
    expect(await codeOf(readKeyStatement(other, keyOf))).toBe('signature-invalid');
  });
});

describe('a signing key', () => {
  it('is called by its thumbprint when nobody names it, and reads back as it was', async () => {
    const made = await newSigningKey();
    expect(made.kid).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await signingKeyOf(made.jwk)).toEqual(made);
    await expect(signingKeyOf({ ...made.public_key })).rejects.toThrow('private');
  });
});
