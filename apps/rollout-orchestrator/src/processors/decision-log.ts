import type { OtaEvent } from '@edgeflow/contracts';
import type { Appended, EventLog, Expectation, Fill, LogClock } from '@edgeflow/event-log';

/**
 * The log as they write it who decide by rows. A row's stream guards what is written to it and nothing else that the decision came from: of a
 * log that came back without the request, the update that was made of it would be stored all the same. So nothing is stored over another
 * connection than that over which the rows were compared with the log.
 */
export class DecisionLog implements Pick<EventLog, 'append' | 'clock' | 'fill' | 'state'> {
  private over: number;

  constructor(private readonly log: EventLog) {
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
  append(events: readonly OtaEvent[], expect: Expectation): Promise<Appended> {
    return this.log.append(events, { ...expect, over: this.over });
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
