import { randomUUID } from 'node:crypto';
import { TUNNEL_AUDIENCE, type DevicePublicKey } from '@edgeflow/contracts';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';

/** A device's key pair, as a device makes it at its first start. */
export interface DeviceKeys {
  public_key: DevicePublicKey;
  private_key: CryptoKey;
}

/** New Ed25519 keys. */
export async function deviceKeys(): Promise<DeviceKeys> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const { x = '' } = await exportJWK(publicKey);
  return { public_key: { kty: 'OKP', crv: 'Ed25519', x }, private_key: privateKey };
}

/**
 * A device's token for the tunnel (docs/device-protocol.md), five minutes long.
 * @param claims replace or, when undefined, remove the right ones, to see them refused
 */
export async function deviceToken(
  device: { org: string; device_id: string; private_key: CryptoKey },
  claims: JWTPayload = {},
): Promise<string> {
  const { org, device_id, private_key } = device;
  const now = Math.floor(Date.now() / 1000);
  const right = {
    iss: device_id,
    sub: device_id,
    org,
    aud: TUNNEL_AUDIENCE,
    iat: now,
    exp: now + 300,
    jti: randomUUID(),
  };
  return new SignJWT({ ...right, ...claims }).setProtectedHeader({ alg: 'EdDSA', typ: 'JWT' }).sign(private_key);
}
