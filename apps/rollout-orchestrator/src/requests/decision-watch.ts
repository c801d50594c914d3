import { Refused, isErrorCode, updateStream, type StoredEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';
import type { UpdateAnswer } from '../http/updates.dto.js';

/** What was decided on a request: an answer, or the refusal that the caller gets as a problem. */
export type Decided =
  | { answer: Pick<UpdateAnswer, 'position' | 'status' | 'detail'>; refusal?: never }
  | { answer?: never; refusal: Refused };

interface Which {
  org: string;
  device_id: string;
  update_id: string;
}

/** Listens for the decision on one request from now on; stop it in the end. */
export function watchDecision({ log, clock }: { log: EventLog; clock: Clock }, which: Which) {
  const { org, device_id, update_id } = which;
  const decided = Promise.withResolvers<Decided>();
  const over = new AbortController();

  const hear = (event: StoredEvent) => {
    if (!('update_id' in event.data) || event.data.update_id !== update_id) return;
    const outcome = outcomeOf(event, which);
    if (outcome) decided.resolve(outcome);
  };
  const stop = log.live(org, device_id, hear);

  return {
    /** Hears what was stored before the watch began. */
    async lookBack(): Promise<void> {
      for (const event of await log.read(updateStream({ org, device_id }))) hear(event);
    },
    /** The decision, or undefined when there was none within `ms`. */
    within(ms: number): Promise<Decided | undefined> {
      const late = clock.sleep(ms, { ref: false, signal: over.signal });
      return Promise.race([decided.promise, late.then(() => undefined)]);
    },
    stop(): void {
      over.abort();
      stop();
    },
  };
}

function outcomeOf(event: StoredEvent, { device_id, update_id }: Which): Decided | undefined {
  const { position } = event;
  switch (event.type) {
    case 'UpdateRejected':
      return { refusal: refusalIn(event, { device_id, update_id }) };
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

/** The refusal that an event tells of. @param about further facts, beside its request and position */
export function refusalIn(
  {
    data,
    position,
  }: StoredEvent<'UpdateRejected' | 'UpdateCancelRefused' | 'RolloutRejected' | 'RolloutActionRefused'>,
  about: object,
): Refused {
  const { code, detail, request_id } = data;
  return new Refused(isErrorCode(code) ? code : 'conflict', detail, { ...about, request_id, position });
}
