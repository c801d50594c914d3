import { hash } from 'node:crypto';

/**
 * A deterministic id: the same cause gives the same id, so that a retry is a duplicate and never a second effect.
 * The parts are length-prefixed, so ('a', 'bc') and ('ab', 'c') differ. 128 bits of SHA-256.
 * @param prefix what kind of id it is, e.g. `fw`, `upd`, `evt`
 * @returns `<prefix>_<32 hex digits>`, a legal subject token
 */
export function deriveId(prefix: string, ...parts: readonly string[]): string {
  const text = parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join('');
  return `${prefix}_${hash('sha256', text).slice(0, 32)}`;
}
