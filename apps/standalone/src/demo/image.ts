import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { messageOf } from '@edgeflow/contracts';
import { systemEntropy } from '@edgeflow/runtime';

const MADE_BYTES = 4 * 1024 * 1024;

/** A firmware image on this machine. */
export interface Image {
  file: string;
  size: number;
  /** Hex. */
  sha256: string;
}

/** The image in a file. @throws Error of one line when it cannot be read */
export async function imageIn(file: string): Promise<Image> {
  try {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
    return { file, size: (await stat(file)).size, sha256: hash.digest('hex') };
  } catch (cause) {
    throw new Error(`cannot read the image: ${messageOf(cause)}`, { cause });
  }
}

/** An image of random bytes, for whoever has none at hand. */
export async function makeImage(file: string, bytes = MADE_BYTES): Promise<Image> {
  await writeFile(file, systemEntropy.bytes(bytes, 'image'));
  return imageIn(file);
}
