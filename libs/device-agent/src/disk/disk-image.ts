import { createHash, type Hash } from 'node:crypto';
import { dirname } from 'node:path';
import type { ImageSink } from '../device-platform.js';
import { UpdateFailure } from '../update/update-failure.js';
import { isFull, type DeviceFile, type DeviceFiles } from './device-files.js';

/** An image in a file, hashed as it is written; what an earlier process left is hashed once, when it is opened. */
export class DiskImage implements ImageSink {
  private file: DeviceFile | undefined;
  private hash: Hash = createHash('sha256');
  private bytes = 0;
  private pieced = true;

  private constructor(
    private readonly path: string,
    /** Of the whole image, in bytes. */
    private readonly size: number,
    private readonly files: DeviceFiles,
  ) {}

  /** Opens the file, or makes it. @param size of the whole image, in bytes */
  static async open(path: string, size: number, files: DeviceFiles): Promise<DiskImage> {
    const image = new DiskImage(path, size, files);
    const file = await image.keeping(() => files.open(path, 'append', 0o600));
    image.file = file;
    if (file.size > 0) for await (const piece of files.stream(path)) image.took(piece);
    return image;
  }

  get received(): number {
    return this.bytes;
  }

  get resumed(): boolean {
    return this.pieced;
  }

  continues(): void {
    this.pieced = true;
  }

  async write(chunk: Uint8Array): Promise<void> {
    // Nothing of an earlier answer or process is here, so nothing of it can be wrong.
    if (this.bytes === 0) this.pieced = false;
    await this.keeping(() => this.open.append(chunk));
    this.took(chunk);
  }

  async rewind(): Promise<void> {
    await this.keeping(() => this.open.truncate());
    this.hash = createHash('sha256');
    this.bytes = 0;
  }

  async digest(): Promise<string> {
    await this.keeping(() => this.open.sync());
    return this.hash.copy().digest('hex');
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }

  private get open(): DeviceFile {
    if (!this.file) throw new UpdateFailure('download-failed', 'disk: the image is closed');
    return this.file;
  }

  private took(chunk: Uint8Array): void {
    this.hash.update(chunk);
    this.bytes += chunk.length;
  }

  /** A disk's trouble in the words that the cloud gets. @throws UpdateFailure 'storage-full', 'download-failed' */
  private async keeping<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof UpdateFailure) throw cause;
      if (isFull(cause)) throw await this.full(cause);
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
      throw new UpdateFailure('download-failed', `disk: ${code}`, { cause });
    }
  }

  /** The part goes at once: as long as it is there, even the journal of its failure has no room. */
  private async full(cause: unknown): Promise<UpdateFailure> {
    const directory = dirname(this.path);
    await this.close();
    await this.files.remove(this.path);
    await this.files.syncDirectory(directory);
    const free = await this.files.free(directory);
    const message = `the disk was full after ${this.bytes} of ${this.size} bytes; without them ${free} bytes are free`;
    return new UpdateFailure('storage-full', message, { cause });
  }
}
