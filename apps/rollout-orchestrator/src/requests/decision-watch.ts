import { setTimeout as sleep } from 'node:timers/promises';
import { Refused, errorTable, type ErrorCode, type StoredEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import type { UpdateAnswer } from './update.dto.js';

/** What was decided on a request: an answer, or the refusal that the caller gets as a problem. */
export type Decided =
  | { answer: Pick<UpdateAnswer, 'position' | 'status' | 'detail'>; refusal?: never }
  | { answer?: never; refusal: Refused };

interface Which {
  org: string;
  device_id: string;
  update_id: string;
}

/** An update that is dispatched in the append that accepted it follows within the same delivery; it is waited for this long, in ms. */
const SAME_BATCH_MS = 50;

/** Listens for the decision on one request from now on; stop it in the end. */
export function watchDecision(log: EventLog, { org, device_id, update_id }: Which) {
  const decided = Promise.withResolvers<Decided>();
  let waiting: NodeJS.Timeout | undefined;

  const hear = (event: StoredEvent) => {
    if (!('update_id' in event.data) || event.data.update_id !== update_id) return;
    const outcome = outcomeOf(event);
    if (!outcome) return;
    clearTimeout(waiting);
    if (event.type !== 'UpdateQueued') decided.resolve(outcome);
    else waiting = setTimeout(() => decided.resolve(outcome), SAME_BATCH_MS);
  };
  const stop = log.live(org, device_id, hear);

  return {
    /** Hears what was stored before the watch began. */
    async lookBack(): Promise<void> {
      for (const event of await log.read({ org, entity: 'update', entity_id: device_id })) hear(event);
    },
    /** The decision, or undefined when there was none within `ms`. */
    within(ms: number): Promise<Decided | undefined> {
      return Promise.race([decided.promise, sleep(ms, undefined, { ref: false })]);
    },
    stop(): void {
      clearTimeout(waiting);
      stop();
    },
  };
}

function outcomeOf(event: StoredEvent): Decided | undefined {
  const { position } = event;
  switch (event.type) {
    case 'UpdateRejected':
      return { refusal: refusalOf(event) };
    case 'UpdateSkipped':
      return { answer: { position, status: 'skipped', detail: event.data.detail } };
    case 'UpdateQueued':
      return { answer: { position, status: 'queued' } };
    case 'UpdateDispatched':
      return { answer: { position, status: 'dispatched' } };
    default:
      return undefined; // How an update goes on is nothing of the decision on its request.
  }
}

function refusalOf({ data, position }: StoredEvent<'UpdateRejected'>): Refused {
  const { code, detail, device_id, request_id, update_id } = data;
  const known: ErrorCode = Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'conflict';
  return new Refused(known, detail, { device_id, request_id, update_id, position });
}
