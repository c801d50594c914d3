import { errorTable, type ErrorCode, type Fact, type RolloutAction } from '@edgeflow/contracts';
import { allowedActions } from './allowed-actions.js';
import { sumOf } from './counts.js';
import { awaitedApproval } from './next-wave.js';
import { isAccepted, type AcceptedRollout, type PendingAction, type Rollout } from './rollout.state.js';

/** What a requested action becomes: the event that does it, or its refusal. */
export function answerAction(rolloutId: string, rollout: Rollout, pending: PendingAction): Fact[] {
  const { action, violation } = pending;
  if (violation !== undefined || action === 'set_window') {
    return [refuseAction(rolloutId, pending, 'invalid-request', violation)];
  }
  if (!isAccepted(rollout)) return [refuseAction(rolloutId, pending, 'rollout-unknown')];
  if (allowedActions(rollout).includes(action)) return [doAction(rollout, action, pending)];
  return [refuseAction(rolloutId, pending, 'action-not-allowed', stateInWords(rollout, pending))];
}

function doAction(rollout: AcceptedRollout, action: RolloutAction, pending: PendingAction): Fact {
  const { rollout_id } = rollout;
  const data = { rollout_id, cause: 'operator' as const, ...asked(pending) };
  switch (action) {
    case 'pause':
      return { type: 'RolloutPaused', data };
    case 'resume': {
      const gate = rollout.status === 'paused' ? rollout.hold.gate : undefined;
      return { type: 'RolloutResumed', data: { ...data, ...(gate && { gate }) } };
    }
    case 'abort':
      return { type: 'RolloutAborted', data };
    case 'approve':
      return { type: 'RolloutApproved', data: { rollout_id, wave: awaitedApproval(rollout) ?? 0, ...asked(pending) } };
    case 'retry':
      return { type: 'RolloutRetried', data: { ...data, devices: sumOf(rollout.waves).failed } };
    case 'rollback':
      return { type: 'RollbackTriggered', data };
  }
}

function refuseAction(
  rollout_id: string,
  { request_id, action, requested_by }: PendingAction,
  code: ErrorCode,
  detail: string = errorTable[code].title,
): Fact {
  const by = requested_by === undefined ? {} : { requested_by };
  return {
    type: 'RolloutActionRefused',
    data: { rollout_id, request_id, action, code, detail: detail.slice(0, 1024), ...by },
  };
}

function asked({ request_id, reason, requested_by, role }: PendingAction) {
  return {
    request_id,
    ...(reason !== undefined && { reason }),
    ...(requested_by !== undefined && { requested_by }),
    ...(role !== undefined && { role }),
  };
}

function stateInWords(rollout: AcceptedRollout, { action }: PendingAction): string {
  const allowed = allowedActions(rollout);
  const list = allowed.length > 0 ? allowed.join(', ') : 'nothing';
  return `The rollout is ${rollout.status.replaceAll('_', ' ')}: ${action} is not allowed now, ${list} is.`;
}
