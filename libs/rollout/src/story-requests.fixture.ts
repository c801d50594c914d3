import type { EventName, RolloutAction } from '@edgeflow/contracts';

/** Which event asks for which action. */
export const REQUESTS = {
  pause: 'RolloutPauseRequested',
  resume: 'RolloutResumeRequested',
  abort: 'RolloutAbortRequested',
  approve: 'RolloutApproveRequested',
  retry: 'RolloutRetryRequested',
  rollback: 'RollbackRequested',
  skip: 'RolloutSkipRequested',
  amend: 'RolloutAmendRequested',
} as const satisfies Record<RolloutAction, EventName>;
