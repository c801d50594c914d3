import { SignJWT, errors, importJWK, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { testDevice, type TestDevice } from './device.fixture.js';
import { verifyJwt, type JwtRules } from './jwt.js';

const now = Math.floor(Date.now() / 1000);
const rules: JwtRules = {
  subject: 'dev_1',
  audience: 'edgeflow-gateway',
  clockTolerance: 5,
  currentDate: new Date(now * 1000),
  requiredClaims: ['iat', 'exp', 'jti'],
};

let device: TestDevice;
beforeAll(async () => {
  device = await testDevice();
});

/** What came of it: the claims, or what kind of error, and over which claim. */
async function outcomeOf(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as { code: string };
    return error instanceof errors.JWTClaimValidationFailed ? { code, claim: error.claim } : { code };
  }
}

const ours = (token: string): Promise<unknown> => outcomeOf(() => verifyJwt(token, device.publicKey, rules));

const ofJose = (token: string): Promise<unknown> =>
  outcomeOf(async () => {
    const { subject, requiredClaims, ...options } = rules;
    const own = { ...options, subject, issuer: subject, algorithms: ['EdDSA'], requiredClaims: [...requiredClaims] };
    return (await jwtVerify(token, await importJWK({ ...device.publicKey }, 'EdDSA'), own)).payload;
  });

const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a JWT that is read in the call', () => {
  it.each<[string, Record<string, unknown>]>([
    ['in order', {}],
    ['of two audiences', { aud: ['other', 'edgeflow-gateway'] }],
    ['of another issuer', { iss: 'dev_2' }],
    ['of another subject', { sub: 'dev_2' }],
    ['of another audience', { aud: 'edgeflow' }],
    ['whose audience is no text', { aud: 7 }],
    ['without an audience', { aud: undefined }],
    ['without anything', { iss: undefined, sub: undefined, aud: undefined, iat: undefined, exp: undefined }],
    ['without iat and jti', { iat: undefined, jti: undefined }],
    ['whose iat is text', { iat: '1' }],
    ['whose nbf is text', { nbf: '1' }],
    ['whose exp is null', { exp: null }],
    ['that is good in 5 s', { nbf: now + 5 }],
    ['that is good in 6 s', { nbf: now + 6 }],
    ['that ended 4 s ago', { exp: now - 4 }],
    ['that ended 5 s ago', { exp: now - 5 }],
  ])('says of one %s what jose says', async (_name, claims) => {
    const token = await device.token({ iat: now, exp: now + 60, ...claims });
    expect(await ours(token)).toEqual(await ofJose(token));
  });

  it('says of what is no token what jose says', async () => {
    const [head = '', body = '', signature = ''] = (await device.token()).split('.');
    const signed = async (header: object, payload = body): Promise<string> => {
      const bytes = Buffer.from(`${text(header)}.${payload}`);
      const key = { name: 'Ed25519' };
      const made = Buffer.from(await crypto.subtle.sign(key, device.privateKey, bytes)).toString('base64url');
      return `${text(header)}.${payload}.${made}`;
    };
    const tokens = [
      ...['', 'a', 'a.b', 'a.b.c', 'a.b.c.d', '..', `${head}.${body}`, `${head}.${body}.`, `${head}.${body}.*`],
      ...[`${head}.${body}.${signature}.x`, `${head}.${body}.${signature.slice(4)}`, `*.${body}.${signature}`],
      ...[`${text([])}.${body}.${signature}`, `${text(null)}.${body}.${signature}`, `${text({})}.${body}.${signature}`],
      ...[`${text({ alg: 7 })}.${body}.${signature}`, `${text({ alg: 'none' })}.${body}.`],
      ...[`${text({ alg: 'HS256' })}.${body}.${signature}`, `${head}.${text({ sub: 'dev_2' })}.${signature}`],
      ...[`/w.${body}.${signature}`, `${head}.${body.slice(0, -1)}é.${signature}`],
      await signed({ alg: 'EdDSA', crit: ['exp'], exp: 1 }),
      await signed({ alg: 'EdDSA' }, text([])),
      await signed({ alg: 'EdDSA' }, text('text')),
      await signed({ alg: 'EdDSA' }, '_w'),
      await signed({ alg: 'EdDSA', typ: 'anything', kid: '../../etc' }),
    ];
    for (const token of tokens) {
      const [got, expected] = [await ours(token), await ofJose(token)];
      expect({ token, got }).toEqual({ token, got: expected });
    }
  });

  it('has no critical extension, though jose knows this one', async () => {
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'EdDSA', crit: ['b64'], b64: true })
      .sign(device.privateKey);
    expect(await ours(token)).toEqual({ code: 'ERR_JOSE_NOT_SUPPORTED' });
  });
});
