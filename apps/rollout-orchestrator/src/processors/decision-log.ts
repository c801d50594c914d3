import type { OtaEvent } from '@edgeflow/contracts';
import type { Appended, EventLog, Expectation, Fill, LogClock } from '@edgeflow/event-log';
import type { Fold } from '@edgeflow/fold';

/**
 * The log as they write it who decide by rows. A row's stream guards what is written to it and nothing else that the decision came from: of a
 * log that came back without the request, the update that was made of it would be stored all the same. So nothing is stored over another
 * connection than that over which the rows were compared with the log. What is decided next is often decided by what was stored, so the fold is not to
 * keep it waiting.
 */
export class DecisionLog implements Pick<EventLog, 'append' | 'clock' | 'fill' | 'state'> {
  private over: number;

  constructor(
    private readonly log: EventLog,
    private readonly fold: Pick<Fold, 'hurry'>,
  ) {
    this.over = log.epoch;
  }

  /** What is decided from now on is of the connection that there is now: to be called before the rows are compared. @returns its number */
  begin(): number {
    this.over = this.log.epoch;
    return this.over;
  }

  /** See `EventLog.clock`. */
  get clock(): LogClock {
    return this.log.clock;
  }

  /** See `EventLog.append`. @throws Refused `log-unavailable` also when the connection was lost since `begin` */
  async append(events: readonly OtaEvent[], expect: Expectation): Promise<Appended> {
    const appended = await this.log.append(events, { ...expect, over: this.over });
    this.fold.hurry(appended.last);
    return appended;
  }

  /** See `EventLog.fill`. */
  fill(): Fill {
    return this.log.fill();
  }

  /** See `EventLog.state`. */
  state(): ReturnType<EventLog['state']> {
    return this.log.state();
  }
}
