import { firmwareIdOf } from '@edgeflow/firmware';
import type { Made, Tried } from '../invariants/refused-writes.js';
import { textOf, type Action, type OperatorAction, type PlainAction } from '../people/action.js';
import type { Answer } from './answer.js';

const ACTS: Readonly<Record<PlainAction, string>> = {
  ...{ pause: 'RolloutPaused', resume: 'RolloutResumed', abort: 'RolloutAborted', approve: 'RolloutApproved' },
  ...{ retry: 'RolloutRetried', rollback: 'RollbackTriggered', skip: 'WaveSkipped' },
};

/** What people did, with what it makes where it is not refused, once for each answer; what makes no event of its own is left out. */
export function triedIn(actions: readonly Action[], answers: readonly Answer[]): Tried[] {
  const told = Map.groupBy(answers, ({ action }) => textOf(action));
  return [...Map.groupBy(actions, textOf)].flatMap(([what, same]) => {
    const [first] = same;
    const makes = first && madeBy(first);
    if (!makes) return [];
    const heard = told.get(what) ?? [];
    // What was sent again under its key has two answers, and is one action still.
    const answered = new Set(heard.map(({ key }, index) => key ?? index)).size;
    const statuses = [
      ...heard.map(({ status }) => status),
      ...Array<undefined>(same.length - answered).fill(undefined),
    ];
    return statuses.map((status) => ({ what, org: first.org, status, makes }));
  });
}

function madeBy(action: Action): Made | undefined {
  const { org } = action;
  switch (action.who) {
    case 'publisher': {
      const by = `${org}-publisher`;
      if (action.does === 'revoke') {
        const firmware_id = firmwareIdOf(org, action.model, action.version);
        return { type: 'FirmwareRevoked', of: { firmware_id, revoked_by: by } };
      }
      if (action.does === 'rotate-key') return { type: 'SigningKeyRegistered', of: { registered_by: by } };
      if (action.does === 'policy') return { type: 'SigningPolicyChanged', of: { changed_by: by } };
      return undefined;
    }
    case 'keeper': {
      const [type, member] = KEEPERS[action.does];
      return { type, of: { device_id: action.device_id, [member]: `${org}-keeper` } };
    }
    case 'operator':
      return madeByOperator(action);
    default:
      return undefined;
  }
}

const KEEPERS = {
  move: ['DeviceChanged', 'changed_by'],
  revoke: ['DeviceRevoked', 'revoked_by'],
  reinstate: ['DeviceReinstated', 'reinstated_by'],
  remove: ['DeviceRemoved', 'removed_by'],
} as const;

function madeByOperator(action: OperatorAction): Made | undefined {
  const requested_by = `${action.org}-operator`;
  // What a rollout does has the name of who asked for it.
  const alone = { requested_by, rollout_id: undefined };
  switch (action.does) {
    case 'rollout':
      return { type: 'RolloutAccepted', of: { requested_by } };
    case 'act':
      return { type: ACTS[action.action], of: { requested_by, device_id: undefined } };
    case 'amend':
      return { type: 'RolloutAmended', of: { requested_by } };
    case 'update':
      return { type: 'UpdateQueued', of: { ...alone, device_id: action.body.device_id, rollback: undefined } };
    case 'device-rollback':
      return { type: 'RollbackTriggered', of: { ...alone, device_id: action.device_id } };
    case 'cancel':
      return { type: 'UpdateCancelled', of: { ...alone, device_id: action.device_id } };
    case 'window':
      return { type: 'FleetWindowChanged', of: { fleet: action.fleet } };
  }
}
