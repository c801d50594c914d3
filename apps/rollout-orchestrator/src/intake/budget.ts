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
    this.requests -= 1;
    this.bytes -= bytes;
    return true;
  }

  private refill(now: number): void {
    const share = Math.max(0, now - (this.last || now)) / MINUTE_MS;
    this.last = now;
    this.requests = Math.min(this.perMinute.requests, this.requests + share * this.perMinute.requests);
    this.bytes = Math.min(this.perMinute.bytes, this.bytes + share * this.perMinute.bytes);
  }
}
