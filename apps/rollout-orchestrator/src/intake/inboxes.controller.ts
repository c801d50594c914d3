import { Controller, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { EventErrorsFilter, type InboxMessage } from '@edgeflow/event-log';
import { OrchestratorCore } from '../orchestrator.core.js';

/** Takes in what teams leave in the inboxes. */
@Controller()
@UseFilters(EventErrorsFilter)
export class InboxesController {
  constructor(private readonly core: OrchestratorCore) {}

  /** Also what is no request: it is refused with a code. @throws what `OrchestratorCore.take` throws */
  @EventPattern<string>('inbox.*.*.*')
  take(@Payload() message: InboxMessage): Promise<void> {
    return this.core.take(message);
  }
}
