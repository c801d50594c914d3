import { basename, dirname } from 'node:path';
import { UpdateFailure } from '../update/update-failure.js';
import { isFull, type DeviceFiles } from './device-files.js';

/** What stays free beside an image, in bytes: journal, trust and the record of a slot are written while it is there. */
const MARGIN_BYTES = 1024 * 1024;

/**
 * Asks for room before anything is written.
 * @param needed bytes that are still to come
 * @throws UpdateFailure 'storage-full' with the numbers
 */
export async function requireRoom(directory: string, needed: number, files: DeviceFiles): Promise<void> {
  const free = await files.free(directory);
  if (free >= needed + MARGIN_BYTES) return;
  const wanted = `${needed} bytes of the image and ${MARGIN_BYTES} beside them`;
  throw new UpdateFailure('storage-full', `the disk has ${free} bytes free, not ${wanted}`);
}

/** Writes a file; a disk that is full is said with its numbers. @throws UpdateFailure 'storage-full', else the system's error */
export async function withRoom<T>(path: string, files: DeviceFiles, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    if (!isFull(cause)) throw cause;
    const free = await files.free(dirname(path));
    const message = `the disk is full: ${basename(path)} cannot be written, ${free} bytes are free`;
    throw new UpdateFailure('storage-full', message, { cause });
  }
}
