import { readFileSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemEntropy } from '@edgeflow/runtime';

/** A new name that nothing else has; only hexadecimal digits. */
export function freshName(): string {
  return systemEntropy.uuid().replaceAll('-', '');
}

/**
 * Writes a file that is there whole or not at all, also after a power cut: temporary file, fsync, rename, fsync of the folder.
 * When `content` throws, nothing is left.
 * @param scratch a folder of the same file system, emptied at every start
 */
export function writeDurably(path: string, content: string | AsyncIterable<Buffer>, scratch: string): Promise<void> {
  return putInPlace(join(scratch, `${freshName()}.${basename(path)}`), path, content, 0o600);
}

/**
 * Replaces a small file in one step, also over a power cut: who reads it finds the text before or this one, never a part.
 * @param mode who may read it
 */
export async function replaceDurably(path: string, text: string, mode = 0o600): Promise<void> {
  // One name for all attempts, so that a crash leaves one file at most; what is in it is written anew.
  await rm(`${path}.new`, { force: true });
  await putInPlace(`${path}.new`, path, text, mode);
}

async function putInPlace(fresh: string, path: string, content: string | AsyncIterable<Buffer>, mode: number) {
  try {
    await writeSynced(fresh, content, mode);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeSynced(path: string, content: string | AsyncIterable<Buffer>, mode: number): Promise<void> {
  await using file = await open(path, 'wx', mode);
  await file.writeFile(content);
  await file.sync();
}

/** The file's text, or undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The same, at once. */
export function readIfThereSync(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Makes created, renamed and removed names of a folder survive a power cut (fsync(2)). */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

/** True for the error of a file or folder that is not there. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
