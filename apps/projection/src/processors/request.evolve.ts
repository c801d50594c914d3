import {
  answeredRequest,
  isRequest,
  sourceOfRequest,
  type EventName,
  type RequestName,
  type StoredEvent,
  type UnreadEvent,
} from '@edgeflow/contracts';
import type { ReadModel } from '@edgeflow/fold';
import { RequestRow, type RequestAnswerEvent } from '../rows/request.row.js';

/** Answers that say no. */
const REFUSALS: readonly EventName[] = [
  ...(['RequestRefused', 'UpdateRejected', 'UpdateCancelRefused'] as const),
  ...(['RolloutRejected', 'RolloutActionRefused'] as const),
];
/** Ids in an answer that lead on from there. */
const IDS = ['device_id', 'update_id', 'rollout_id', 'version', 'fleet'] as const;

/** Requests and what became of them. */
export const requests: ReadModel<RequestRow> = {
  entity: RequestRow,
  id: 'request_id',
  takes: (event): event is StoredEvent => isRequest(event) || answeredRequest(event) !== undefined,
  idOf: (event) => (isRequest(event) ? event.entity_id : answeredRequest(event)),
  evolve: evolveRequest,
};

/**
 * A request after one more event of its stream or of what answers it; the same object when nothing has changed. What was refused stays
 * refused, and the second message under an id changes nothing of the first.
 */
export function evolveRequest(request: RequestRow | undefined, event: StoredEvent): RequestRow | undefined {
  if (request && event.position <= request.position) return request;
  if (isRequest(event)) return request?.stored ? request : opened(event);
  if (event.type === 'RequestRefused' && !request) return refusedUnread(event);
  if (!request || request.state === 'refused' || isOfAnother(request, event)) return request;
  return answered(request, event);
}

/** A refusal of a request that stands in the log names it as its cause; without one it is of a message that was not taken. */
function isOfAnother({ stored }: RequestRow, { type, causation_id }: StoredEvent): boolean {
  return type === 'RequestRefused' && stored && causation_id === undefined;
}

function opened(event: StoredEvent<RequestName>): RequestRow {
  const { org, entity_id, type, data, time, position } = event;
  return {
    ...{ org, request_id: entity_id, type, source: sourceOfRequest(event), requested_by: data.requested_by ?? null },
    ...{ state: 'open', code: null, detail: null, answer: null, requested_at: time, stored: true, position },
  };
}

function refusedUnread(event: StoredEvent<'RequestRefused'>): RequestRow {
  const { org, entity_id: request_id, data, time, position } = event;
  const { type = null, source = null, code, detail } = data;
  return {
    ...{ org, request_id, type, source, requested_by: null, state: 'refused', code, detail },
    ...{ answer: answerIn(event), requested_at: time, stored: false, position },
  };
}

function answered(request: RequestRow, event: StoredEvent): RequestRow {
  const { type, data, position } = event;
  const state = REFUSALS.includes(type) ? 'refused' : 'answered';
  const reason = 'code' in data && 'detail' in data ? { code: data.code ?? null, detail: data.detail ?? null } : {};
  return { ...request, ...reason, state, answer: answerIn(event), position };
}

function answerIn({ type, position, time, data }: StoredEvent): RequestAnswerEvent {
  const ids = Object.entries(data).filter(([name]) => (IDS as readonly string[]).includes(name));
  return { type, position, time, ...(Object.fromEntries(ids) as Partial<RequestAnswerEvent>) };
}

/**
 * A request whose own event this build does not read: set aside, with the reason, or, of a type of a newer release, open. What stands on
 * the stream already stays.
 */
export function passedOver({ org, entity_id: request_id, type, time, position, unread }: UnreadEvent): RequestRow {
  const found =
    unread.why === 'set-aside'
      ? { state: 'set_aside' as const, code: unread.code, detail: unread.reason }
      : { state: 'open' as const, code: null, detail: null };
  return {
    ...{ org, request_id, type, source: null, requested_by: null, ...found },
    ...{ answer: null, requested_at: time, stored: true, position },
  };
}
