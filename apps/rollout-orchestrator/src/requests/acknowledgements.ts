import { Refused, auditStream, given } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { DeadLetterRow, type FoldDatabase } from '@edgeflow/fold';
import { write } from '../source.js';

/** Who has looked at what. */
export interface Acknowledgement {
  /** Of the event that was set aside. */
  position: number;
  by: string;
  reason?: string | undefined;
}

/** Puts on the log that somebody has looked at an event that was set aside: every fold takes notice of it, and knows it after a rebuild. */
export class Acknowledgements {
  constructor(
    private readonly log: EventLog,
    private readonly database: FoldDatabase,
  ) {}

  /**
   * Takes an acknowledgement; another one of the same event changes nothing.
   * @returns the position of its event
   * @throws Refused `event-unknown` when nothing of the organization was set aside there, `log-unavailable`, `log-full`
   */
  async take(org: string, { position, by, reason }: Acknowledgement): Promise<number> {
    if (!(await this.isDeadLetter(org, position))) throw new Refused('event-unknown', undefined, { position });
    const data = { position, acknowledged_by: by.slice(0, 256), ...given({ reason }) };
    const fact = { type: 'SetAsideAcknowledged', data } as const;
    const occasion = { key: [org, 'aside', String(position), by], at: this.log.clock.now() };
    const event = write(auditStream(org, 'rollout-orchestrator'), fact, occasion);
    return (await this.log.record(event)).last;
  }

  /** By this service, or by another one, whose rows are not ours to read: it has left a copy then. */
  private async isDeadLetter(org: string, position: number): Promise<boolean> {
    const ours = await this.database.rows.exists(DeadLetterRow, { org, position });
    return ours || (await this.log.isDeadLetter(org, position));
  }
}
