import type { Clock } from '@edgeflow/runtime';
import { gauge, logger } from '@edgeflow/telemetry';

/** From here on the difference is named in `/readyz`, in seconds: far more than NTP leaves. */
const SKEW_NOTICED_S = 2;
/** From here on this process takes no lead: whatever it writes about time would be wrong by more than anything waits. In seconds. */
export const SKEW_MAX_S = 30;
/** A sample is kept for a worse one so long, in milliseconds: clocks that are set right drift by less than a millisecond meanwhile. */
const FRESH_MS = 10_000;

const skewSeconds = gauge({
  name: 'edgeflow_clock_skew_seconds',
  help: "How far this machine's clock is ahead of the event log's, in seconds; negative when it is behind.",
});

/** One moment by both clocks of a machine, in milliseconds: the wall clock, which people may set, and the steady one. */
export interface Moment {
  wall: number;
  steady: number;
}

/** How a server's time compares with the steady clock, in milliseconds, and by how much that may be wrong. */
interface Sample {
  offset: number;
  error: number;
  taken: number;
}

/**
 * The time of the log: that of the server that stores the events. Deadlines and tokens are judged by it, so that a machine whose clock is
 * wrong ends nothing too early and locks nobody out. Learnt from each answer that says when it was given; between two of them, and while
 * NATS is away, the steady clock goes on.
 */
export class LogClock {
  private sample: Sample | undefined;
  private wasNoticed = false;

  /** @param machine the clock of the machine that it is compared with */
  constructor(private readonly machine: Pick<Clock, 'now' | 'steady_ms'>) {}

  /** Now, by the machine's clocks. */
  moment(): Moment {
    return { wall: this.machine.now().getTime(), steady: this.machine.steady_ms() };
  }

  /** The log's time; the machine's as long as the log has never answered. */
  now(at: Moment = this.moment()): Date {
    return new Date(this.sample ? at.steady + this.sample.offset : at.wall);
  }

  /** By how many seconds the machine's clock is surely ahead of the log's, less than 0 for behind; 0 within the error of the measure. */
  skew_s(at: Moment = this.moment()): number {
    if (!this.sample) return 0;
    const ahead = at.wall - this.now(at).getTime();
    return (Math.sign(ahead) * Math.max(0, Math.abs(ahead) - this.sample.error)) / 1000;
  }

  /** False when the machine's clock is too wrong to lead by. */
  get mayLead(): boolean {
    return Math.abs(this.skew_s()) <= SKEW_MAX_S;
  }

  /** In words, why somebody should look at the machine's clock; undefined while nobody need. */
  reason(at: Moment = this.moment()): string | undefined {
    const skew = this.skew_s(at);
    if (Math.abs(skew) <= SKEW_NOTICED_S) return undefined;
    const where = `${Math.abs(skew).toFixed(1)} s ${skew > 0 ? 'ahead of' : 'behind'} the event log's`;
    const then =
      Math.abs(skew) > SKEW_MAX_S ? 'this process does not lead' : `from ${SKEW_MAX_S} s on this process does not lead`;
    return `clock-skew: the clock of this machine is ${where}; the log's counts, and ${then}`;
  }

  /**
   * An answer said when it was given.
   * @param said ISO 8601; what is no time counts for nothing
   * @param asked when the question was sent @param answered when the answer was here
   */
  learn(said: unknown, asked: Moment, answered: Moment): void {
    const then = typeof said === 'string' ? Date.parse(said) : Number.NaN;
    if (Number.isNaN(then)) return;
    const error = (answered.steady - asked.steady) / 2;
    const last = this.sample;
    const isWorse = last !== undefined && error > 2 * last.error && answered.steady - last.taken < FRESH_MS;
    if (isWorse) return;
    this.sample = { offset: then - (asked.steady + error), error, taken: answered.steady };
    this.tell(answered);
  }

  private tell(at: Moment): void {
    skewSeconds.set(this.skew_s(at));
    const reason = this.reason(at);
    const isNoticed = reason !== undefined;
    if (isNoticed === this.wasNoticed) return;
    this.wasNoticed = isNoticed;
    if (isNoticed) logger.warn({ code: 'clock-skew', skew_s: this.skew_s(at) }, reason);
    else logger.info({ code: 'clock-skew' }, "the clock of this machine agrees with the event log's again");
  }
}
