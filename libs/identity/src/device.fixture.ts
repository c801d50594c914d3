import { randomUUID } from 'node:crypto';
import { TUNNEL_AUDIENCE, type DevicePublicKey } from '@edgeflow/contracts';
import { SignJWT, exportJWK, generateKeyPair, type CryptoKey, type JWTPayload } from 'jose';

export interface TestDevice {
  publicKey: DevicePublicKey;
  privateKey: CryptoKey;
  /** A token as the agent makes it; `claims` replace what it says, undefined leaves a claim out. */
  token(claims?: JWTPayload & Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

/** A device `dev_1` of `acme` with a fresh key. */
export async function testDevice(): Promise<TestDevice> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const { x } = await exportJWK(publicKey);
  return {
    publicKey: { kty: 'OKP', crv: 'Ed25519', x: x ?? '' },
    privateKey,
    token: (claims = {}, header = {}) => {
      const iat = Math.floor(Date.now() / 1000);
      const usual = {
        iss: 'dev_1',
        sub: 'dev_1',
        org: 'acme',
        aud: TUNNEL_AUDIENCE,
        iat,
        exp: iat + 60,
        jti: randomUUID(),
      };
      const payload = JSON.parse(JSON.stringify({ ...usual, ...claims })) as JWTPayload;
      return new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', ...header }).sign(privateKey);
    },
  };
}
