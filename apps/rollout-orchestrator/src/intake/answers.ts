import {
  Refused,
  answeredRequest,
  deriveId,
  isRequest,
  toEvent,
  type Fact,
  type OtaEvent,
  type StoredEvent,
} from '@edgeflow/contracts';
import { hasMovedOn, type EventLog } from '@edgeflow/event-log';
import { logger } from '@edgeflow/telemetry';
import { SOURCE } from '../lanes/lane-appender.js';
import { windowChanged } from '../requests/window-changed.js';

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
      const missing = isRequest(event) ? unanswered(event, batch, now) : undefined;
      if (missing) void this.append(missing, event.position);
    } catch (error) {
      // The rows are there, and the read model has the answer as well.
      logger.warn({ err: error, position: event.position }, 'an answer was not sent');
    }
  }

  /** When the lane has moved on, it was answered. */
  private async append(answer: OtaEvent, after: number): Promise<void> {
    try {
      await this.log.append([answer], { after });
    } catch (error) {
      if (!hasMovedOn(error)) logger.warn({ err: error, request_id: answer.entity_id }, 'a request was not answered');
    }
  }
}

/**
 * The answer to a request that came into the log past any inbox (a NATS without our accounts) and that nothing else answers: one for an
 * update that cannot be read, and for a window.
 */
function unanswered(event: StoredEvent, batch: readonly StoredEvent[], at: Date): OtaEvent | undefined {
  const fact = answerTo(event);
  const isThere = ({ org, entity_id, type }: StoredEvent): boolean =>
    org === event.org && entity_id === event.entity_id && type === fact?.type;
  if (!fact || batch.some(isThere)) return undefined;
  const id = deriveId('evt', event.org, event.entity_id, fact.type);
  return toEvent(event, fact, { id, source: SOURCE, time: at.toISOString(), cause: event });
}

function answerTo({ type, entity_id: request_id, source, violation, data }: StoredEvent): Fact | undefined {
  if (type === 'UpdateRequested' && violation !== undefined) {
    const { code, detail } = new Refused('invalid-request', violation.slice(0, 1024));
    return { type: 'RequestRefused', data: { request_id, type, source: source.slice(0, 256), code, detail } };
  }
  if (type !== 'FleetWindowRequested' || violation !== undefined) return undefined;
  return windowChanged(request_id, data);
}
