import { createPublicKey } from 'node:crypto';
import { Refused } from '@edgeflow/contracts';
import { systemEntropy } from '@edgeflow/runtime';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { deviceKeyFromSeed, generateDeviceKey } from './device-key.js';
import { orgOfClaim, signDeviceToken } from './device-token.js';

const { private_key, public_key } = generateDeviceKey(systemEntropy);
const sign = () =>
  signDeviceToken({ device_id: 'dev_1', org: 'acme', private_key }, { now: Date.now(), entropy: systemEntropy });

describe('a device token', () => {
  it('is what the tunnel asks for, and holds with the registered public key', async () => {
    const key = createPublicKey({ key: { ...public_key }, format: 'jwk' });
    const { payload } = await jwtVerify(sign(), key, { audience: 'edgeflow-gateway', issuer: 'dev_1' });
    expect(payload).toMatchObject({ sub: 'dev_1', org: 'acme', jti: expect.any(String) });
    expect(payload.exp! - payload.iat!).toBeLessThanOrEqual(300);
  });

  it('is signed with EdDSA and used for one connection only', async () => {
    const [first, second] = [sign(), sign()];
    expect(decodeProtectedHeader(first).alg).toBe('EdDSA');
    expect(first).not.toBe(second);
  });
});

describe('a claim token', () => {
  it('names its org', async () => {
    expect(orgOfClaim(sign())).toBe('acme');
  });

  it.each(['', 'not.a.jwt', 'e30.e30.x', `e30.${btoa('{"org":"a.b"}')}.x`])('without one is refused: %j', (token) => {
    expect(() => orgOfClaim(token)).toThrow(Refused);
  });
});

describe('a seeded key', () => {
  it('is the same for the same seed', () => {
    // RFC 8032, section 7.1, test 1.
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const x = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex').toString(
      'base64url',
    );
    expect(deviceKeyFromSeed(seed).public_key).toEqual({ kty: 'OKP', crv: 'Ed25519', x });
  });

  it('needs 32 bytes', () => {
    expect(() => deviceKeyFromSeed(new Uint8Array(31))).toThrow('32 bytes');
  });
});
