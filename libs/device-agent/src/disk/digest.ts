import { createHash } from 'node:crypto';
import { isMissing, type DeviceFiles } from './device-files.js';

/** What bytes are known by. */
export interface Digest {
  /** 64 hex digits. */
  sha256: string;
  /** In bytes. */
  size: number;
}

/** Reads a file and says what is in it; undefined when it is not there. Memory does not depend on the size. */
export async function digestOf(path: string, files: DeviceFiles): Promise<Digest | undefined> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const piece of files.stream(path)) {
      hash.update(piece);
      size += piece.length;
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return { sha256: hash.digest('hex'), size };
}
