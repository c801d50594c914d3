import { Refused } from '@edgeflow/contracts';

/** How many tokens one device may use up within one period; a device that needs more is not in order. */
const TOKENS_PER_DEVICE = 1000;

type Generation = Map<string, Set<string>>;

/**
 * Remembers which tokens were used, so that each works once. Two generations, of which the older is dropped as a whole
 * every `period_s`: a token is remembered for one period at least and two at most, without a timer.
 */
export class ReplayCache {
  private current: Generation = new Map();
  private previous: Generation = new Map();
  private period = 0;

  /** @param period_s not shorter than the longest life of a token, in seconds */
  constructor(private readonly period_s: number) {}

  /**
   * Uses up a token.
   * @throws Refused 'unauthorized' when it was used before, 'too-many-requests' when the device used too many
   */
  use(device: string, jti: string, now_s: number): void {
    this.turn(now_s);
    if (this.current.get(device)?.has(jti) || this.previous.get(device)?.has(jti)) {
      throw new Refused('unauthorized', 'The token was used before', { reason: 'token-used' });
    }
    const used = this.current.get(device) ?? new Set();
    if (used.size >= TOKENS_PER_DEVICE) {
      throw new Refused('too-many-requests', 'The device used too many tokens', { retry_after_s: this.period_s });
    }
    this.current.set(device, used.add(jti));
  }

  private turn(now_s: number): void {
    const period = Math.floor(now_s / this.period_s);
    if (period === this.period) return;
    this.previous = period === this.period + 1 ? this.current : new Map();
    this.current = new Map();
    this.period = period;
  }
}
