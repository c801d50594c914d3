import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { DevicePublicKey } from '@edgeflow/contracts';
import type { Entropy } from '@edgeflow/runtime';
import type { DeviceFiles } from '../disk/device-files.js';
import { readJson, writeJson } from '../disk/json-file.js';

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

/** A new Ed25519 key pair: any 32 bytes that nobody can guess are one (RFC 8032, section 5.1.5). */
export function generateDeviceKey(entropy: Pick<Entropy, 'bytes'>): DeviceKey {
  return deviceKeyFromSeed(entropy.bytes(32, 'device-key'));
}

/** Where a key is kept, and where a new one comes from. */
export interface KeyPlace {
  entropy: Pick<Entropy, 'bytes'>;
  /** Default: the machine's own disk. */
  files?: DeviceFiles;
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
export async function loadOrCreateDeviceKey(path: string, { entropy, files }: KeyPlace): Promise<DeviceKey> {
  const known = await loadDeviceKey(path, files);
  if (known) return known;
  const key = generateDeviceKey(entropy);
  await writeJson(path, key.private_key.export({ format: 'jwk' }), { mode: 0o600, ...(files && { files }) });
  return key;
}

/** The key in a JWK file; undefined when there is no such file. @throws when it holds no Ed25519 key */
export async function loadDeviceKey(path: string, files?: DeviceFiles): Promise<DeviceKey | undefined> {
  try {
    const jwk = await readJson(path, files);
    return jwk === undefined ? undefined : keyOf(createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' }));
  } catch (error) {
    throw new Error(`${path} holds no usable device key`, { cause: error });
  }
}
