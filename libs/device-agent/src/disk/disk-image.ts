import { dirname } from 'node:path';
import { HashSink } from '../hash-sink.js';
import { UpdateFailure } from '../update/update-failure.js';
import { isFull, type DeviceFile, type DeviceFiles } from './device-files.js';

/** An image in a file, hashed as it is written; what an earlier process left is hashed once, when it is opened. */
export class DiskImage extends HashSink {
  private file: DeviceFile | undefined;

  private constructor(
    private readonly path: string,
    /** Of the whole image, in bytes. */
    private readonly size: number,
    private readonly files: DeviceFiles,
  ) {
    super();
  }

  /** Opens the file, or makes it. @param size of the whole image, in bytes */
  static async open(path: string, size: number, files: DeviceFiles): Promise<DiskImage> {
    const image = new DiskImage(path, size, files);
    const file = await image.keeping(() => files.open(path, 'append', 0o600));
    image.file = file;
    await image.goOnFrom(file.size);
    return image;
  }

  override async write(chunk: Uint8Array): Promise<void> {
    await this.keeping(() => this.open.append(chunk));
    await super.write(chunk);
  }

  override async rewind(): Promise<void> {
    await this.keeping(() => this.open.truncate());
    await super.rewind();
  }

  override async digest(): Promise<string> {
    await this.keeping(() => this.open.sync());
    return super.digest();
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

  /** What an earlier process left, be it nothing after a power cut. */
  private async goOnFrom(bytes: number): Promise<void> {
    if (bytes > 0) for await (const piece of this.files.stream(this.path)) await super.write(piece);
    this.continues();
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
    const message = `the disk was full after ${this.received} of ${this.size} bytes; without them ${free} bytes are free`;
    return new UpdateFailure('storage-full', message, { cause });
  }
}
