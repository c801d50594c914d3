import { createHash } from 'node:crypto';

/**
 * A deterministic id: the same cause gives the same id, so that a retry is a duplicate and never a second effect.
 * The parts are length-prefixed, so ('a', 'bc') and ('ab', 'c') differ. 128 bits of SHA-256.
 * @param prefix what kind of id it is, e.g. `fw`, `upd`, `evt`
 * @returns `<prefix>_<32 hex digits>`, a legal subject token
 */
export function deriveId(prefix: string, ...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return `${prefix}_${hash.digest('hex').slice(0, 32)}`;
}
