import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** True for the error of a file that is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Makes a directory's entries durable: a rename is, only after this (fsync(2)). */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

/**
 * Replaces a file as a whole: after a crash it holds the old or the new content, never half of one. The new content is on the
 * disk when this returns.
 * @param mode permissions of the new file; default rw-r--r--
 */
export async function writeAtomically(path: string, content: string, mode = 0o644): Promise<void> {
  const aside = `${path}.new`;
  const handle = await open(aside, 'w', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, path);
  await syncDirectory(dirname(path));
}

/** A JSON file's content, or undefined when there is no such file. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new Error(`${path} cannot be read`, { cause: error });
  }
}
