import { Controller, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { deriveId, toEvent, type StoredEvent } from '@edgeflow/contracts';
import { dueAt } from '@edgeflow/device-update';
import { EventErrorsFilter, EventLog } from '@edgeflow/event-log';

/** A literal would pick an overload of `EventPattern` that refuses a typed payload. */
const UPDATE_QUEUED: string = 'ota.*.update.*.UpdateQueued';

/** Winds the clock of every accepted update: the server itself writes DeadlineReached when it runs out. */
@Controller()
@UseFilters(EventErrorsFilter)
export class DeadlinesController {
  constructor(private readonly log: EventLog) {}

  @EventPattern<string>(UPDATE_QUEUED)
  async wind(@Payload() event: StoredEvent<'UpdateQueued'>): Promise<void> {
    const { update_id, number, device_id } = event.data;
    const due_at = dueAt(event);
    const reached = toEvent(
      { org: event.org, entity: 'update', entity_id: device_id },
      { type: 'DeadlineReached', data: { update_id, number, device_id } },
      {
        id: deriveId('evt', event.org, update_id, 'deadline'),
        source: '/rollout-orchestrator',
        time: due_at,
        cause: event,
      },
    );
    await this.log.schedule(reached, new Date(due_at));
  }
}
