import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { ImageSink } from '../device-platform.js';
import { UpdateFailure } from '../update/update-failure.js';

/** An image in a file, hashed as it is written; what an earlier process left is hashed once, when it is opened. */
export class DiskImage implements ImageSink {
  private constructor(
    private readonly file: FileHandle,
    private hash: Hash,
    private bytes: number,
    private earlier: boolean,
  ) {}

  /** Opens the file, or makes it. */
  static async open(path: string): Promise<DiskImage> {
    const file = await keeping(() => open(path, 'a+', 0o600));
    const { size } = await file.stat();
    const hash = createHash('sha256');
    if (size > 0) await pipeline(createReadStream(path, { end: size - 1 }), hash, { end: false });
    return new DiskImage(file, hash, size, true);
  }

  get received(): number {
    return this.bytes;
  }

  get resumed(): boolean {
    return this.earlier;
  }

  async write(chunk: Uint8Array): Promise<void> {
    // Nothing of an earlier process is here, so nothing of it can be wrong.
    if (this.bytes === 0) this.earlier = false;
    await keeping(() => this.file.appendFile(chunk));
    this.hash.update(chunk);
    this.bytes += chunk.length;
  }

  async rewind(): Promise<void> {
    await keeping(() => this.file.truncate(0));
    this.hash = createHash('sha256');
    this.bytes = 0;
  }

  async digest(): Promise<string> {
    await keeping(() => this.file.sync());
    return this.hash.copy().digest('hex');
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** A disk's trouble in the words that the cloud gets. @throws UpdateFailure 'download-failed' */
async function keeping<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const message = FULL.has(code) ? `disk-full: the image does not fit (${code})` : `disk: ${code}`;
    throw new UpdateFailure('download-failed', message, { cause });
  }
}
