/** So many messages, and so many bytes of them. */
export interface Amount {
  messages: number;
  bytes: number;
}

const MINUTE_MS = 60_000;

/** What somebody may have written in a minute: full at first, and filled again steadily. Time comes in, in milliseconds. */
export class Budget {
  private left: Amount;
  private last: number | undefined;

  constructor(private readonly perMinute: Amount) {
    this.left = perMinute;
  }

  /** Takes so much out of it, be it there or not: what is missing then has to come back first. */
  charge({ messages, bytes }: Amount): void {
    this.left = { messages: this.left.messages - messages, bytes: this.left.bytes - bytes };
  }

  /** True when of messages or of bytes nothing is left. */
  isUsedUp(now: number): boolean {
    this.refill(now);
    return this.left.messages <= 0 || this.left.bytes <= 0;
  }

  /** How long until so much is in it, in milliseconds: 0 when it is, endless when it never will be. */
  wait({ messages, bytes }: Amount, now: number): number {
    this.refill(now);
    if (bytes > this.perMinute.bytes) return Number.POSITIVE_INFINITY;
    const missing = (messages - this.left.messages) / this.perMinute.messages;
    return Math.max(0, missing, (bytes - this.left.bytes) / this.perMinute.bytes) * MINUTE_MS;
  }

  private refill(now: number): void {
    const share = Math.max(0, now - (this.last ?? now)) / MINUTE_MS;
    this.last = now;
    const { messages, bytes } = this.perMinute;
    this.left = {
      messages: Math.min(messages, this.left.messages + share * messages),
      bytes: Math.min(bytes, this.left.bytes + share * bytes),
    };
  }
}
