import {
  Refused,
  errorTable,
  gateText,
  given,
  type DataOf,
  type ErrorCode,
  type FactOf,
  type GateDecision,
  type RolloutAction,
} from '@edgeflow/contracts';
import { allowedActions } from './allowed-actions.js';
import { amendmentOf } from './amend.js';
import { endNumbers, inAll, sumOf } from './counts.js';
import { awaitedApproval, mayBeSkipped, skippable } from './next-wave.js';
import { stateOf } from './resource.js';
import { notBack, revokedIn } from './rollback.evolve.js';
import {
  gatesOf,
  isAccepted,
  type AcceptedRollout,
  type PendingAction,
  type Rollout,
  type Wave,
} from './rollout.state.js';

/** What a requested action becomes: the event that does it, or its refusal. @param no_way_back what an amendment has to know (`asksForRollback`) */
export function answerAction(
  rolloutId: string,
  rollout: Rollout,
  pending: PendingAction,
  no_way_back?: Readonly<Record<string, number>>,
): FactOf<'rollout'>[] {
  const { action, violation } = pending;
  if (violation !== undefined || action === 'set_window') {
    return [refuseAction(rolloutId, pending, 'invalid-request', violation)];
  }
  if (!isAccepted(rollout)) return [refuseAction(rolloutId, pending, 'rollout-unknown')];
  if (!allowedActions(rollout).includes(action))
    return [refuseAction(rolloutId, pending, 'action-not-allowed', stateInWords(rollout, pending))];
  const owed = reasonOwed(rollout, pending);
  if (owed !== undefined) return [refuseAction(rolloutId, pending, 'reason-required', owed)];
  try {
    return [doAction(rollout, action, pending, no_way_back)];
  } catch (error) {
    if (error instanceof Refused) return [refuseAction(rolloutId, pending, error.code, error.detail)];
    throw error;
  }
}

/** @throws Refused what is wrong with what is asked for, where the action itself is allowed */
function doAction(
  rollout: AcceptedRollout,
  action: RolloutAction,
  pending: PendingAction,
  no_way_back: Readonly<Record<string, number>> | undefined,
): FactOf<'rollout'> {
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
      return retry(rollout, pending, data);
    case 'skip':
      return skip(rollout, pending, data);
    case 'amend':
      return { type: 'RolloutAmended', data: { ...data, ...amendmentOf(rollout, pending.amend, no_way_back) } };
    case 'rollback':
      return { type: 'RollbackTriggered', data };
  }
}

type Controlled = Pick<
  DataOf<'RolloutRetried'>,
  'rollout_id' | 'cause' | 'request_id' | 'reason' | 'requested_by' | 'role' | 'source'
>;

/** Of a rollback that did not bring all back, all are tried again: its waves are not those of the way out. Those that were taken out are looked at anew too. */
function retry(rollout: AcceptedRollout, { wave }: PendingAction, data: Controlled): FactOf<'rollout'> {
  if (rollout.status === 'rollback_incomplete' || rollout.status === 'rolled_back') {
    if (wave !== undefined) throw new Refused('action-not-allowed', 'A rollback is tried again as a whole.');
    const { status, rollback } = rollout;
    const devices = status === 'rolled_back' ? revokedIn(rollback) : inAll(notBack(rollback));
    return { type: 'RolloutRetried', data: { ...data, devices, stage: 'rollback' } };
  }
  if (wave === undefined) return { type: 'RolloutRetried', data: { ...data, devices: sumOf(rollout.waves).failed } };
  const devices = waveNamed(rollout, wave).counts.failed;
  if (devices === 0) throw new Refused('action-not-allowed', `No device of wave ${wave} has failed.`);
  return { type: 'RolloutRetried', data: { ...data, devices, wave } };
}

function skip(rollout: AcceptedRollout, pending: PendingAction, data: Controlled): FactOf<'rollout'> {
  const wave = pending.wave ?? skippable(rollout) ?? 0;
  const named = waveNamed(rollout, wave);
  const { counts } = named;
  if (!mayBeSkipped(named)) throw new Refused('action-not-allowed', `Wave ${wave} has ended.`);
  const { waiting: queued, in_flight } = counts;
  return { type: 'WaveSkipped', data: { ...data, wave, numbers: { ...endNumbers(counts), queued, in_flight } } };
}

function waveNamed({ waves }: AcceptedRollout, index: number): Wave {
  const wave = waves[index];
  if (wave) return wave;
  throw new Refused('wave-unknown', `The rollout has ${waves.length} waves, from 0 on.`);
}

/**
 * Who goes on over what a gate stopped has to say why: it stands in the log beside the numbers that spoke against it. An operator's own
 * pause needs no reason to end, nor does a gate whose failures all wait for another try.
 * @returns what is missing, in words; undefined when nothing is
 */
function reasonOwed(rollout: AcceptedRollout, { action, reason = '' }: PendingAction): string | undefined {
  if (reason.trim() !== '') return undefined;
  if (action === 'skip' || action === 'amend') return `Say why: ${action} needs a reason.`;
  if (action !== 'resume' || rollout.status !== 'paused') return undefined;
  const { cause, gate } = rollout.hold;
  const gates = gatesOf(rollout.hold);
  if (cause === 'operator' && !gate) return undefined;
  if (gates.length > 0 && gates.every((one) => isTriedAgain(rollout, one))) return undefined;
  const what =
    cause === 'operator' ? 'A gate was reached while the rollout was paused' : 'A gate has paused the rollout';
  return `${what}${gate ? ` (${gateText(gate)})` : ''}: to resume it over that takes a reason.`;
}

/** True when no failure is left of those that a gate counted: somebody had them wait for another try. */
function isTriedAgain({ waves }: AcceptedRollout, { per, wave, failed }: GateDecision): boolean {
  const counted = per === 'rollout' ? waves : waves.slice(wave, wave + 1);
  return failed > 0 && sumOf(counted).failed === 0;
}

/** What a resume becomes that was asked before a gate was reached under the pause. */
export function refuseUnseen(rollout_id: string, pending: PendingAction): FactOf<'rollout'> {
  const detail =
    'A gate was reached while the rollout was paused, just before: look at waiting_for, and resume it with a reason.';
  return refuseAction(rollout_id, pending, 'reason-required', detail);
}

function refuseAction(
  rollout_id: string,
  { request_id, action, requested_by, source }: PendingAction,
  code: ErrorCode,
  detail: string = errorTable[code].title,
): FactOf<'rollout'> {
  const by = given({ requested_by, source });
  return {
    type: 'RolloutActionRefused',
    data: { rollout_id, request_id, action, code, detail: detail.slice(0, 1024), ...by },
  };
}

function asked({ request_id, reason, requested_by, role, source }: PendingAction) {
  return {
    request_id,
    ...given({ reason, requested_by, role, source }),
  };
}

function stateInWords(rollout: AcceptedRollout, { action }: PendingAction): string {
  const allowed = allowedActions(rollout);
  const list = allowed.length > 0 ? allowed.join(', ') : 'nothing';
  return `The rollout is ${stateOf(rollout).replaceAll('_', ' ')}: ${action} is not allowed now, ${list} is.`;
}
