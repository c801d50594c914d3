import { deriveId, type EventOf, type RequestName, type StoredEvent } from '@edgeflow/contracts';
import { windowProblem } from './window.js';

/** The rollout that a request becomes, if it becomes one: known before the decision, so that HTTP can name it at once. */
export function rolloutIdOf(org: string, requestId: string): string {
  return deriveId('rol', org, requestId);
}

/** The requests that a rollout answers: those for it, and those that cannot be read and would be answered by nobody. */
export type RolloutRequest = StoredEvent<Exclude<RequestName, 'UpdateRequested' | 'UpdateCancelRequested'>>;

/** What a rollout is folded from: its own stream, and the requests that are aimed at it. */
export type RolloutEvent = EventOf<'rollout'> | RolloutRequest;

/** True for an event that changes the state of a rollout, or is answered on its stream. */
export function isOfRollout(event: StoredEvent): event is RolloutEvent {
  return rolloutOf(event) !== undefined;
}

/**
 * The rollout whose state an event changes, or whose stream answers it; undefined for all others, events of its devices among them. A
 * request that names no rollout, since it cannot be read, is answered on the stream that a rollout of its own would have.
 */
export function rolloutOf(event: StoredEvent): string | undefined {
  switch (event.type) {
    case 'RolloutRequested':
      return rolloutIdOf(event.org, event.entity_id);
    case 'RolloutPauseRequested':
    case 'RolloutResumeRequested':
    case 'RolloutAbortRequested':
    case 'RolloutApproveRequested':
    case 'RolloutRetryRequested':
    case 'RolloutSkipRequested':
    case 'RolloutAmendRequested':
      return event.data.rollout_id ?? rolloutIdOf(event.org, event.entity_id);
    case 'RollbackRequested':
      if (event.data.rollout_id === undefined && event.data.device_id !== undefined) return undefined;
      return event.data.rollout_id ?? rolloutIdOf(event.org, event.entity_id);
    case 'FleetWindowRequested':
      return actionViolation(event) === undefined ? undefined : rolloutIdOf(event.org, event.entity_id);
    default:
      return event.entity === 'rollout' ? event.entity_id : undefined;
  }
}

/** What is wrong with a requested action beyond its shape; undefined when nothing is. */
export function actionViolation(event: StoredEvent): string | undefined {
  if (event.violation !== undefined) return event.violation;
  if (event.type === 'RollbackRequested') {
    const { rollout_id, device_id } = event.data;
    const one = (rollout_id === undefined) !== (device_id === undefined);
    return one ? undefined : 'exactly one of rollout_id and device_id must be given';
  }
  return event.type === 'FleetWindowRequested' ? windowProblem(event.data.window) : undefined;
}
