import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Far more than any value of ours has, in bytes: a path that leads to something else is noticed. */
const BYTES_MAX = 64 * 1024;

/** Why a file holds no value; its message goes after the name of the variable. */
export class NoValue extends Error {
  override readonly name = 'NoValue';
}

/**
 * The value in a file, as images of containers read secrets: all of it, but for one line break at its end, which editors and `echo` leave.
 * @throws NoValue that says why, without a word of the content
 */
export function valueIn(path: string): string {
  const bytes = contentOf(path);
  let text: string;
  try {
    // Byte by byte what the other side has: not even a byte order mark is taken away.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NoValue('the file is not text in UTF-8');
  }
  const value = text.replace(/\r?\n$/, '');
  if (value === '') throw new NoValue('the file is empty');
  if (value.includes('\0')) throw new NoValue('the file holds a NUL, which no value may');
  return value;
}

function contentOf(path: string): Uint8Array {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    if (!fstatSync(file).isFile()) throw new NoValue('it does not name a file');
    const bytes = Buffer.alloc(BYTES_MAX + 1);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    if (length > BYTES_MAX) throw new NoValue(`the file is larger than ${BYTES_MAX} bytes`);
    return bytes.subarray(0, length);
  } catch (error) {
    if (error instanceof NoValue) throw error;
    throw new NoValue(`the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
