import { sumOf } from './counts.js';
import type { RolloutAction } from '@edgeflow/contracts';
import { awaitedApproval } from './next-wave.js';
import { isAccepted, type Rollout } from './rollout.state.js';

/** What may be done to a rollout now, as its resource says it and its decider keeps it. */
export function allowedActions(rollout: Rollout): RolloutAction[] {
  if (!isAccepted(rollout)) return [];
  const approve: RolloutAction[] = awaitedApproval(rollout) === undefined ? [] : ['approve'];
  const retry: RolloutAction[] = sumOf(rollout.waves).failed > 0 ? ['retry'] : [];
  switch (rollout.status) {
    case 'accepted':
      return [...approve, 'pause', 'abort'];
    case 'running':
      return [...approve, 'pause', 'abort', ...retry, 'rollback'];
    case 'paused':
      return rollout.resumes === 'accepted' ? ['resume', 'abort'] : ['resume', 'abort', ...retry, 'rollback'];
    case 'completed':
      return [...(rollout.spec.membership === 'continuous' ? (['abort'] as const) : []), ...retry, 'rollback'];
    case 'rolling_back':
      return ['abort'];
    case 'aborted':
      return rollout.rollback ? [] : ['rollback'];
    case 'rolled_back':
      return [];
  }
}
