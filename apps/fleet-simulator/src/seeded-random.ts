import { createHash } from 'node:crypto';

/** A generator of numbers that are uniform in [0, 1). */
export type Random = () => number;

/**
 * The same seed, the same numbers. Algorithm: mulberry32 by Tommy Ettinger (2017, public domain); good enough for a
 * simulation, never for a secret.
 * @param seed an unsigned 32-bit integer
 */
export function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** 32 bytes that are made of the parts alone. */
export function seededBytes(...parts: readonly (string | number)[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

/** A generator of its own for what the parts name, e.g. one update of one device. */
export function randomOf(...parts: readonly (string | number)[]): Random {
  return mulberry32(seededBytes(...parts).readUInt32LE());
}
