import { sumOf } from './counts.js';
import type { RolloutAction } from '@edgeflow/contracts';
import { awaitedApproval, mayBeSkipped } from './next-wave.js';
import { revokedIn } from './rollback.evolve.js';
import { isAccepted, type Rollout } from './rollout.state.js';

/** What may be done to a rollout now, as its resource says it and its decider keeps it. */
export function allowedActions(rollout: Rollout): RolloutAction[] {
  if (!isAccepted(rollout)) return [];
  const approve: RolloutAction[] = awaitedApproval(rollout) === undefined ? [] : ['approve'];
  const retry: RolloutAction[] = sumOf(rollout.waves).failed > 0 ? ['retry'] : [];
  const skip: RolloutAction[] = rollout.waves.some(mayBeSkipped) ? ['skip'] : [];
  switch (rollout.status) {
    case 'accepted':
      return [...approve, 'pause', 'abort'];
    case 'running':
      return [...approve, 'pause', 'abort', ...retry, 'rollback', ...skip, 'amend'];
    case 'paused':
      return rollout.resumes === 'accepted'
        ? ['resume', 'abort']
        : ['resume', 'abort', ...retry, 'rollback', ...skip, 'amend'];
    case 'completed':
      return [...(rollout.spec.membership === 'continuous' ? (['abort'] as const) : []), ...retry, 'rollback'];
    case 'rolling_back':
      return ['abort', 'amend'];
    case 'aborted':
      return ['rollback'];
    case 'rolled_back':
      return revokedIn(rollout.rollback) > 0 ? ['retry'] : [];
    case 'rollback_incomplete':
      return ['retry'];
  }
}
