import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Refused, deriveId, toEvent } from '@edgeflow/contracts';
import { EventLog } from '@edgeflow/event-log';
import { SetAsideRow } from '@edgeflow/fold';
import { SOURCE } from '../lanes/lane-appender.js';

/** Who has looked at what. */
export interface Acknowledgement {
  /** Of the event that was set aside. */
  position: number;
  by: string;
  reason?: string | undefined;
}

/** Puts on the log that somebody has looked at an event that was set aside: every fold takes notice of it, and knows it after a rebuild. */
@Injectable()
export class Acknowledgements {
  constructor(
    private readonly log: EventLog,
    private readonly database: DataSource,
  ) {}

  /**
   * Takes an acknowledgement; another one of the same event changes nothing.
   * @returns the position of its event
   * @throws Refused `event-unknown` when nothing of the organization was set aside there, `log-unavailable`, `log-full`
   */
  async take(org: string, { position, by, reason }: Acknowledgement): Promise<number> {
    if (!(await this.isSetAside(org, position))) throw new Refused('event-unknown', undefined, { position });
    const data = { position, acknowledged_by: by.slice(0, 256), ...(reason !== undefined && { reason }) };
    const event = toEvent(
      { org, entity: 'audit', entity_id: 'rollout-orchestrator' },
      { type: 'SetAsideAcknowledged', data },
      {
        id: deriveId('evt', org, 'aside', String(position), by),
        source: SOURCE,
        time: this.log.clock.now().toISOString(),
      },
    );
    return (await this.log.record(event)).last;
  }

  /** By this service, or by another one, whose rows are not ours to read: it has left a copy then. */
  private async isSetAside(org: string, position: number): Promise<boolean> {
    const ours = await this.database.manager.existsBy(SetAsideRow, { org, position });
    return ours || (await this.log.isSetAside(org, position));
  }
}
