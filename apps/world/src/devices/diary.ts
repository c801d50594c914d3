import { createHash } from 'node:crypto';

/** What a device has run from a moment on, whatever it said. */
export interface Ran {
  /** In milliseconds of the world. */
  at_ms: number;
  version: string;
  /** Of its image; absent where it has none: it came with the version, or never keeps any. */
  sha256?: string;
}

/** What a device has run, boot by boot: the truth, which nobody in the world reads. */
export class Diary {
  private readonly ran: Ran[] = [];

  boots(at_ms: number, version: string, image?: Uint8Array): void {
    const sha256 = image && createHash('sha256').update(image).digest('hex');
    this.ran.push({ at_ms, version, ...(sha256 !== undefined && { sha256 }) });
  }

  /** What it ran at any time between two. */
  between(from_ms: number, to_ms: number): Ran[] {
    return this.ran.filter(({ at_ms }, index) => {
      const until_ms = this.ran[index + 1]?.at_ms ?? Infinity;
      return at_ms <= to_ms && until_ms >= from_ms;
    });
  }
}
