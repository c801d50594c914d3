import { open, type FileHandle } from 'node:fs/promises';

/** Read at a time: enough for the disk, little enough for thousands of downloads side by side. */
const READ_BYTES = 64 * 1024;

interface OpenFile {
  handle: Promise<FileHandle>;
  users: number;
}

/**
 * Files open for reading, one descriptor each however many read it: a fleet downloads the same image, and descriptors are few.
 * Readers keep what they opened, also when it is replaced or removed meanwhile.
 */
export class SharedFiles {
  private readonly files = new Map<string, OpenFile>();

  /** Opens the file; whoever calls this calls `close` on what comes back. @throws Error ENOENT */
  async open(path: string): Promise<SharedFile> {
    const file = this.files.get(path) ?? { handle: open(path, 'r'), users: 0 };
    this.files.set(path, file);
    file.users += 1;
    const forget = () => this.files.get(path) === file && this.files.delete(path);
    try {
      const handle = await file.handle;
      return new SharedFile(handle, async () => {
        file.users -= 1;
        if (file.users > 0) return;
        forget();
        await handle.close();
      });
    } catch (error) {
      forget();
      throw error;
    }
  }
}

/** One reader's view of a shared file. */
export class SharedFile {
  private closed = false;

  constructor(
    private readonly handle: FileHandle,
    private readonly leave: () => Promise<void>,
  ) {}

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  /** The bytes from `start` to `end`, both included; closes the file in the end, also when the reader goes early. */
  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    try {
      for (let position = start; position <= end;) {
        const wanted = Math.min(READ_BYTES, end - position + 1);
        const { bytesRead, buffer } = await this.handle.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
        if (bytesRead === 0) throw new Error('the file ended before its recorded size');
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.leave();
  }
}
