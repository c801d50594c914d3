/** A file that is open for writing. */
export interface DeviceFile {
  /** Bytes that it had when it was opened. */
  readonly size: number;
  /** Writes at the end, wherever that is. */
  append(bytes: Uint8Array): Promise<void>;
  /** Back to zero bytes. */
  truncate(): Promise<void>;
  /** What was written is on the disk when this returns; whether the file's name is, is the directory's matter (fsync(2)). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * What slots, part, journal and trust need of a file system: every step on it goes through here, so that a spec can cut the power
 * between any two of them. Errors are the system's own, with their `code`. Only `sync` and `syncDirectory` make anything durable.
 */
export interface DeviceFiles {
  /** @param mode permissions of a file that is made */
  open(path: string, how: 'append' | 'replace', mode: number): Promise<DeviceFile>;
  /** A small file as a whole. */
  read(path: string): Promise<Buffer>;
  /** A file of any size, piece by piece. */
  stream(path: string): AsyncIterable<Buffer>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a whole directory; one that is not there is no error. */
  remove(path: string): Promise<void>;
  /** Makes a directory, and those above it that are missing, durably. One that is there is no error, and is made durable in its parent. */
  makeDirectory(path: string): Promise<void>;
  /** Makes the entries of a directory durable: a rename, a new file and a removal are, only after this. */
  syncDirectory(path: string): Promise<void>;
  /** Bytes that the file system of `path` has left for this user (statvfs(3), `f_bavail`). */
  free(path: string): Promise<number>;
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** True for the error of a file that is not there. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

/** True for the error of a write that has no room left, on the disk or in the user's quota. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error));
}
