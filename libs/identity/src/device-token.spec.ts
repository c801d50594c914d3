import { Refused } from '@edgeflow/contracts';
import { SignJWT, UnsecuredJWT, generateKeyPair } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { testDevice, type TestDevice } from './device.fixture.js';
import { newUsedTokens, verifyDeviceToken, type DeviceIdentity, type DeviceKeyLookup } from './device-token.js';

const now = (): number => Math.floor(Date.now() / 1000);
const used = newUsedTokens();
/** Judged by this machine's clock. */
const judged = (token: string, keyOf: DeviceKeyLookup): Promise<DeviceIdentity> =>
  verifyDeviceToken(token, keyOf, { used, now: () => new Date() });

let device: TestDevice;
let keyOf: DeviceKeyLookup;

beforeAll(async () => {
  device = await testDevice();
  keyOf = async (org, id) => (org === 'acme' && id === 'dev_1' ? device.publicKey : undefined);
});

describe("a device's token", () => {
  it('says which device it is', async () => {
    const token = await device.token({ jti: 'j-1' });
    expect(await judged(token, keyOf)).toEqual({ org: 'acme', device_id: 'dev_1', jti: 'j-1' });
  });

  it('works once', async () => {
    const token = await device.token();
    await judged(token, keyOf);
    await expect(judged(token, keyOf)).rejects.toMatchObject({
      code: 'unauthorized',
      detail: 'The token was used before',
    });
  });

  it('works for a clock that is a little ahead or behind', async () => {
    await judged(await device.token({ iat: now() + 50, exp: now() + 350 }), keyOf);
    await judged(await device.token({ iat: now() - 60, exp: now() - 2 }), keyOf);
  });

  it.each([
    ['of an unknown device', { iss: 'dev_2', sub: 'dev_2' }, 'The device is not registered'],
    ['of another org', { org: 'globex' }, 'The device is not registered'],
    ['whose org is no token', { org: 'acme.update' }, 'The token names no organization'],
    ['without an org', { org: undefined }, 'The token names no organization'],
    ['whose subject is no token', { sub: '>' }, 'The token names no device'],
    ['that another issued', { iss: 'dev_2' }, "The token's iss is not the expected one"],
    ['for someone else', { aud: 'edgeflow' }, "The token's aud is not the expected one"],
    ['that has expired', { iat: now() - 100, exp: now() - 30 }, 'The token has expired'],
    ['from the future', { iat: now() + 120, exp: now() + 180 }, "The token's iat is in the future"],
    ['that lives too long', { iat: now(), exp: now() + 301 }, 'The token lives longer than 300 s'],
    ['that ends before it begins', { iat: now() + 30, exp: now() + 20 }, "The token's exp is not after its iat"],
    ['without iat', { iat: undefined }, "The token's iat is not the expected one"],
    ['without exp', { exp: undefined }, "The token's exp is not the expected one"],
    ['without jti', { jti: undefined }, "The token's jti is not the expected one"],
    ['with an unusable jti', { jti: 'a b' }, 'The token has no usable jti'],
    ['that is not valid yet', { nbf: now() + 100 }, "The token's nbf is not the expected one"],
  ])('%s is refused', async (_name, claims, detail) => {
    const refused = judged(await device.token(claims as Record<string, unknown>), keyOf);
    await expect(refused).rejects.toMatchObject({ code: 'unauthorized', detail });
  });

  it('signed with another key is refused', async () => {
    const other = await testDevice();
    await expect(judged(await other.token(), keyOf)).rejects.toMatchObject({
      detail: "The token's signature is not valid",
    });
  });

  it('signed with another algorithm is refused', async () => {
    const claims = {
      iss: 'dev_1',
      sub: 'dev_1',
      org: 'acme',
      aud: 'edgeflow-gateway',
      iat: now(),
      exp: now() + 60,
      jti: 'x',
    };
    const { privateKey } = await generateKeyPair('ES256');
    const es256 = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
    const hmac = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(device.publicKey.x));
    for (const token of [es256, hmac, new UnsecuredJWT(claims).encode()]) {
      await expect(judged(token, keyOf)).rejects.toMatchObject({ code: 'unauthorized' });
    }
  });

  it('is verified with the registered key, whatever its header offers', async () => {
    const other = await testDevice();
    const offers = [{ jwk: other.publicKey }, { jku: 'https://evil.example/jwks' }, { x5u: 'https://evil.example' }];
    for (const offer of offers) {
      await expect(judged(await other.token({}, offer), keyOf)).rejects.toMatchObject({
        detail: "The token's signature is not valid",
      });
    }
    const critical = device.token({}, { crit: ['b64'], b64: false });
    await expect(critical.then((token) => judged(token, keyOf))).rejects.toThrow();
  });

  it.each(['', 'a.b.c', 'x'.repeat(9000), '{}'])('that is no token at all is refused (%#)', async (token) => {
    await expect(judged(token, keyOf)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('of a revoked device is refused in the words of the lookup', async () => {
    const revoked: DeviceKeyLookup = async () => {
      throw new Refused('device-revoked');
    };
    await expect(judged(await device.token(), revoked)).rejects.toMatchObject({ code: 'device-revoked' });
  });

  it('is not called bad when the keys cannot be read', async () => {
    const away: DeviceKeyLookup = async () => {
      throw new Error('connection lost');
    };
    await expect(judged(await device.token(), away)).rejects.toMatchObject({ code: 'service-unavailable' });
  });

  it('that is refused is not used up', async () => {
    const token = await device.token();
    await expect(judged(token, async () => undefined)).rejects.toThrow();
    expect(await judged(token, keyOf)).toMatchObject({ device_id: 'dev_1' });
  });
});
