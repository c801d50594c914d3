import { answeredRequest, decisionIn, isOf, requestStream, type EventOf, type StoredEvent } from '@edgeflow/contracts';
import { foldAll, handle, type EventLog } from '@edgeflow/event-log';
import { logger } from '@edgeflow/telemetry';
import { requestDecider } from '../requests/request.decider.js';
import { SOURCE } from '../source.js';

/** Who asked so long ago does not listen any more, in milliseconds: a rebuild of the rows is no news. */
const NEWS_MS = 300_000;

/** Tells teams what became of their requests, as soon as it stands in the rows. */
export class Answers {
  constructor(private readonly log: EventLog) {}

  /** Events whose rows are there. */
  heard(batch: readonly StoredEvent[]): void {
    const now = this.log.clock.now();
    for (const event of batch) this.tell(event, batch, now);
  }

  private tell(event: StoredEvent, batch: readonly StoredEvent[], now: Date): void {
    if (Date.parse(event.stored_at ?? event.time) < now.getTime() - NEWS_MS) return;
    try {
      const request_id = answeredRequest(event);
      if (request_id !== undefined) this.log.inboxes.answer(request_id, event);
      if (isOf(event, 'request') && isUnanswered(event, batch)) void this.append(event);
    } catch (error) {
      // The rows are there, and the read model has the answer as well.
      logger.warn({ err: error, position: event.position }, 'an answer was not sent');
    }
  }

  private async append({ org, entity_id: request_id, ...cause }: StoredEvent): Promise<void> {
    try {
      const command = { type: 'Answer', request_id } as const;
      await handle(this.log, requestDecider, requestStream(org, request_id), command, { by: SOURCE, cause });
    } catch (error) {
      logger.warn({ err: error, request_id }, 'a request was not answered');
    }
  }
}

/**
 * True for a request that came into the log past any inbox (a NATS without our accounts) and that nothing else answers: one for an update that
 * cannot be read, and for a window. What stands beside it in the batch is looked at here, and the rest of its stream when it is answered.
 */
function isUnanswered(event: EventOf<'request'>, batch: readonly StoredEvent[]): boolean {
  const alone = foldAll(requestDecider, [event]);
  const { facts } = decisionIn(requestDecider.decide({ type: 'Answer', request_id: event.entity_id }, alone));
  const isThere = ({ org, entity_id, type }: StoredEvent): boolean =>
    org === event.org && entity_id === event.entity_id && type === facts[0]?.type;
  return facts.length > 0 && !batch.some(isThere);
}
