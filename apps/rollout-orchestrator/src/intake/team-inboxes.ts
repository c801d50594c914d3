import type { EventLog, InboxMessage } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';
import type { OrchestratorConfig } from '../orchestrator.config.js';
import type { Requests } from '../requests/requests.js';
import { Intake } from './intake.js';

/** Takes in what teams leave in the inboxes, each organization by itself. */
export class TeamInboxes {
  private readonly intakes = new Map<string, Intake>();

  constructor(
    private readonly log: EventLog,
    private readonly requests: Requests,
    private readonly config: OrchestratorConfig,
    private readonly clock: Clock,
  ) {}

  /** Also what is no request: it is refused with a code. @throws what `Intake.take` throws */
  async take(message: InboxMessage): Promise<void> {
    await this.intakeOf(message.org).take(message);
  }

  private intakeOf(org: string): Intake {
    const { REQUESTS_PER_MINUTE, REQUEST_BYTES_PER_MINUTE } = this.config;
    const perMinute = { messages: REQUESTS_PER_MINUTE, bytes: REQUEST_BYTES_PER_MINUTE };
    const intake = this.intakes.get(org) ?? new Intake(this.log, this.requests, perMinute, this.clock);
    this.intakes.set(org, intake);
    return intake;
  }
}
