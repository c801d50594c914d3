/** What an organization may ask for within a minute, by NATS. */
export interface Allowance {
  requests: number;
  bytes: number;
}

const MINUTE_MS = 60_000;

/** A token bucket for requests and one for their bytes, both full at first. Time comes in, in milliseconds. */
export class Budget {
  private requests: number;
  private bytes: number;
  private last = 0;

  constructor(private readonly perMinute: Allowance) {
    ({ requests: this.requests, bytes: this.bytes } = perMinute);
  }

  /** True when a message is within the budget, and then it is paid for. */
  pays(bytes: number, now: number): boolean {
    this.refill(now);
    if (this.requests < 1 || this.bytes < bytes) return false;
    this.charge(bytes);
    return true;
  }

  /** Pays for a message that has waited for its turn; what is missing after the waiting is rounding. */
  charge(bytes: number): void {
    this.requests -= 1;
    this.bytes -= bytes;
  }

  /** How long until a message is within the budget, in milliseconds; endless for one that never is. */
  wait(bytes: number, now: number): number {
    this.refill(now);
    if (bytes > this.perMinute.bytes) return Number.POSITIVE_INFINITY;
    const requests = (1 - this.requests) / this.perMinute.requests;
    return Math.max(0, requests, (bytes - this.bytes) / this.perMinute.bytes) * MINUTE_MS;
  }

  private refill(now: number): void {
    const share = Math.max(0, now - (this.last || now)) / MINUTE_MS;
    this.last = now;
    this.requests = Math.min(this.perMinute.requests, this.requests + share * this.perMinute.requests);
    this.bytes = Math.min(this.perMinute.bytes, this.bytes + share * this.perMinute.bytes);
  }
}
