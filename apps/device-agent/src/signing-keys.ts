import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DeviceSigning, assertShape, messageOf, type DeviceSigningKey } from '@edgeflow/contracts';

/**
 * The keys of `--signing-key`: a public JWK (RFC 8037) or a JWK set. A key without `kid` is called by its thumbprint (RFC 7638).
 * @throws Error when the file holds none, something else, or a private key
 */
export async function readSigningKeys(path: string): Promise<DeviceSigningKey[]> {
  try {
    const content = Object(JSON.parse(await readFile(path, 'utf8'))) as { keys?: unknown };
    const keys = (Array.isArray(content.keys) ? content.keys : [content]).map(keyOf);
    if (keys.length === 0) throw new Error('there is no key in it');
    assertShape(DeviceSigning, { signature: 'required', keys });
    return keys;
  } catch (cause) {
    throw new Error(`${path} holds no usable signing key: ${messageOf(cause)}`, { cause });
  }
}

function keyOf(value: unknown): DeviceSigningKey {
  const { kid, kty, crv, x, d } = Object(value) as Record<string, string>;
  if (d !== undefined) throw new Error('it is a private key, which has no place on a device');
  const public_key = { kty, crv, x } as DeviceSigningKey['public_key'];
  return { kid: kid ?? thumbprintOf(public_key), public_key };
}

/** RFC 7638 with the members that RFC 8037, appendix A.3, names: in this order, without blanks. */
function thumbprintOf({ kty, crv, x }: DeviceSigningKey['public_key']): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}
