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
