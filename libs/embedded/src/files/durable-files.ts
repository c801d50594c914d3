import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A new name that nothing else has; only hexadecimal digits. */
export function freshName(): string {
  return randomUUID().replaceAll('-', '');
}

/**
 * Writes a file that is there whole or not at all, also after a power cut: temporary file, fsync, rename, fsync of the folder.
 * When `content` throws, nothing is left.
 * @param scratch a folder of the same file system, emptied at every start
 */
export async function writeDurably(
  path: string,
  content: string | AsyncIterable<Buffer>,
  scratch: string,
): Promise<void> {
  const temporary = join(scratch, `${freshName()}.${basename(path)}`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Replaces a small file in one step, also over a power cut: who reads it finds the text before or this one, never a part.
 * @param mode who may read it
 */
export async function replaceDurably(path: string, text: string, mode = 0o600): Promise<void> {
  // One name for all attempts, so that a crash leaves one file at most; what is in it is written anew.
  const fresh = `${path}.new`;
  await rm(fresh, { force: true });
  const file = await open(fresh, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
  await syncFolder(dirname(path));
}

/** Makes created, renamed and removed names of a folder survive a power cut (fsync(2)). */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** True for the error of a file or folder that is not there. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
