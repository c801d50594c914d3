import { open, stat } from 'node:fs/promises';
import { isMissing } from '../files/durable-files.js';

/** What nats-server logs for a write that its disk refused; a stream that has had one refuses until the server is started again (2.15.1). */
const FAILED = /JetStream failed to store a msg|no space left on device/;
/** It has given JetStream up altogether, and says so once. */
const DISABLED = /JetStream .*DISABLED/i;
/** What a look reads at most, in bytes: the last words are enough. */
const READ_BYTES = 256 * 1024;

/** Watches a server's log for writes that failed since the server was started. */
export class StoreFailures {
  private disabled = false;

  private constructor(
    private readonly log: string,
    private offset: number,
  ) {}

  /** From the log's end as it is now. */
  static async from(log: string): Promise<StoreFailures> {
    return new StoreFailures(log, await sizeOf(log));
  }

  /** True when a write has failed since the last look, or none can succeed any more. */
  async look(): Promise<boolean> {
    const text = await this.news();
    this.disabled ||= DISABLED.test(text);
    return this.disabled || FAILED.test(text);
  }

  private async news(): Promise<string> {
    const size = await sizeOf(this.log);
    const from = Math.max(this.offset, size - READ_BYTES);
    this.offset = size;
    if (size <= from) return '';
    await using file = await open(this.log, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString('utf8', 0, bytesRead);
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
