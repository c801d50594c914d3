import { createHash, type Hash } from 'node:crypto';
import type { ImageSink } from './device-platform.js';

/** Takes an image, keeps its hash and its length, and forgets the bytes. */
export class HashSink implements ImageSink {
  private hash: Hash = createHash('sha256');
  private bytes = 0;
  private pieced = false;

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
    this.hash.update(chunk);
    this.bytes += chunk.length;
  }

  async rewind(): Promise<void> {
    this.hash = createHash('sha256');
    this.bytes = 0;
  }

  async digest(): Promise<string> {
    return this.hash.copy().digest('hex');
  }
}
