import { randomBytes, randomUUID } from 'node:crypto';
import type { Entropy } from './entropy.js';

/** This machine's chance; bytes and UUIDs are those of node:crypto. */
export const systemEntropy: Entropy = {
  uuid: () => randomUUID(),
  random: () => Math.random(),
  bytes: (length) => randomBytes(length),
};
