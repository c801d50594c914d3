import type { EventName, StoredEvent } from './events.js';
import { HTTP_CALLER, ORCHESTRATOR_SOURCE } from './request-source.js';

const updateAnswers = ['UpdateQueued', 'UpdateDispatched', 'UpdateSkipped', 'UpdateRejected'] as const;

/** Events that say what became of a request, by its name; of all there is `RequestRefused` too, for what was not taken in. */
export const answersTo = {
  UpdateRequested: updateAnswers,
  UpdateCancelRequested: ['UpdateCancelled', 'UpdateCancelRefused'],
  RolloutRequested: ['RolloutAccepted', 'RolloutRejected'],
  RolloutPauseRequested: ['RolloutPaused', 'RolloutActionRefused'],
  RolloutResumeRequested: ['RolloutResumed', 'RolloutActionRefused'],
  RolloutAbortRequested: ['RolloutAborted', 'RolloutActionRefused'],
  RolloutApproveRequested: ['RolloutApproved', 'RolloutActionRefused'],
  RolloutRetryRequested: ['RolloutRetried', 'RolloutActionRefused'],
  RolloutSkipRequested: ['WaveSkipped', 'RolloutActionRefused'],
  RolloutAmendRequested: ['RolloutAmended', 'RolloutActionRefused'],
  RollbackRequested: ['RollbackTriggered', 'RolloutActionRefused', ...updateAnswers],
  FleetWindowRequested: ['FleetWindowChanged', 'RolloutActionRefused'],
} as const satisfies Partial<Record<EventName, readonly EventName[]>>;

/** An event by which somebody asks for something. */
export type RequestName = keyof typeof answersTo;

/**
 * True for an event by which somebody asks for something; what answers it may stand in the same stream. Its owner answers a bad payload with a
 * refusal on the log: it is handed over with its `violation` instead of being set aside.
 */
export function isRequest<E extends { type: EventName }>(event: E): event is Extract<E, { type: RequestName }> {
  return Object.hasOwn(answersTo, event.type);
}

/**
 * The id of the request that an event answers; undefined for what answers none. What a rollout tells its devices names the request for
 * the rollout, which was answered once, by the rollout; an update that somebody took back names who did, whoever had wanted it. The request of an audit record is one over HTTP.
 */
export function answeredRequest(event: StoredEvent): string | undefined {
  const { entity, data } = event;
  // A request may say whatever it likes beside what it asks for.
  if (entity === 'audit' || isRequest(event) || !('request_id' in data)) return undefined;
  const isTold = event.type !== 'UpdateCancelled' && entity === 'update' && 'rollout_id' in data;
  if (isTold && data.rollout_id !== undefined) return undefined;
  return data.request_id;
}

/** Who sent a request: a team by the source of its event, a caller of the HTTP API as `http:<subject of its credential>`. */
export function sourceOfRequest({ source, data }: Pick<StoredEvent<RequestName>, 'source' | 'data'>): string {
  const by = source === ORCHESTRATOR_SOURCE ? data.requested_by : undefined;
  return (by === undefined ? source : `${HTTP_CALLER}${by}`).slice(0, 256);
}
