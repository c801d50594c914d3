import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { DevicePublicKey } from '@edgeflow/contracts';
import { writeAtomically } from '../disk/atomic-file.js';
import { isMissing } from '../disk/device-files.js';

/** A device's key pair; the private half signs its tokens and never leaves the device. */
export interface DeviceKey {
  readonly private_key: KeyObject;
  readonly public_key: DevicePublicKey;
}

/** What stands before the 32 bytes of an Ed25519 seed in PKCS#8 (RFC 8410, section 10.3). */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

function keyOf(private_key: KeyObject): DeviceKey {
  const { x } = createPublicKey(private_key).export({ format: 'jwk' });
  if (private_key.asymmetricKeyType !== 'ed25519' || !x) throw new Error('the device key is not an Ed25519 key');
  return { private_key, public_key: { kty: 'OKP', crv: 'Ed25519', x } };
}

/** A new Ed25519 key pair. */
export function generateDeviceKey(): DeviceKey {
  return keyOf(generateKeyPairSync('ed25519').privateKey);
}

/** The key pair of 32 given bytes: the same bytes, the same key. For simulated devices, not for real ones. */
export function deviceKeyFromSeed(seed: Uint8Array): DeviceKey {
  if (seed.length !== 32) throw new Error('an Ed25519 seed has 32 bytes');
  return keyOf(createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' }));
}

/**
 * The key in a JWK file (RFC 8037), made on the first start, readable by its owner only.
 * @throws when the file is there and holds no Ed25519 key: a device does not silently change its identity
 */
export async function loadOrCreateDeviceKey(path: string): Promise<DeviceKey> {
  const known = await loadDeviceKey(path);
  if (known) return known;
  const key = generateDeviceKey();
  await writeAtomically(path, JSON.stringify(key.private_key.export({ format: 'jwk' })), 0o600);
  return key;
}

/** The key in a JWK file; undefined when there is no such file. @throws when it holds no Ed25519 key */
export async function loadDeviceKey(path: string): Promise<DeviceKey | undefined> {
  try {
    const jwk = JSON.parse(await readFile(path, 'utf8'));
    return keyOf(createPrivateKey({ key: jwk, format: 'jwk' }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new Error(`${path} holds no usable device key`, { cause: error });
  }
}
