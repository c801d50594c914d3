import type { EventName, StoredEvent } from './events.js';

/** Events by which somebody asks for something. */
const requests = [
  'UpdateRequested',
  'RolloutRequested',
  'RolloutPauseRequested',
  'RolloutResumeRequested',
  'RolloutAbortRequested',
  'RolloutApproveRequested',
  'RolloutRetryRequested',
  'RollbackRequested',
  'FleetWindowRequested',
] as const satisfies EventName[];

export type RequestName = (typeof requests)[number];

/** True for an event by which somebody asks for something; what answers it may stand in the same lane. */
export function isRequest<E extends { type: EventName }>(event: E): event is Extract<E, { type: RequestName }> {
  return (requests as readonly EventName[]).includes(event.type);
}

/** Events that say what became of a request. */
const answers = new Set<EventName>([
  ...(['RequestRefused', 'FleetWindowChanged'] as const),
  ...(['UpdateQueued', 'UpdateDispatched', 'UpdateSkipped', 'UpdateRejected'] as const),
  ...(['RolloutAccepted', 'RolloutRejected', 'RolloutActionRefused', 'RolloutApproved', 'RolloutPaused'] as const),
  ...(['RolloutResumed', 'RolloutRetried', 'RolloutAborted', 'RollbackTriggered'] as const),
]);

/**
 * The id of the request that an event answers; undefined for what answers none. What a rollout tells its devices names the request for
 * the rollout, which was answered once, by the rollout.
 */
export function answeredRequest({ type, entity, data }: StoredEvent): string | undefined {
  if (!answers.has(type) || !('request_id' in data)) return undefined;
  if (entity === 'update' && 'rollout_id' in data && data.rollout_id !== undefined) return undefined;
  return data.request_id;
}
