import { Refused, given, unreachable } from '@edgeflow/contracts';
import type { DataOf, Decider, Decision, EventRef, FactOf, Stage } from '@edgeflow/contracts';
import type { RolloutEvent } from './addressing.js';
import { answerAction, refuseUnseen } from './answer-action.js';
import { endNumbers, inAll, open, sumOf, total } from './counts.js';
import { awaitedApproval, nextWave, soakEnds } from './next-wave.js';
import { inFlightIn, isWhole, wavesIn } from './placement.js';
import { stopped } from './reached-gate.js';
import { notBack, revokedIn } from './rollback.evolve.js';
import { evolve } from './rollout.evolve.js';
import {
  isAccepted,
  isRollbackOver,
  noRollout,
  rollbackIn,
  type AcceptedRollout,
  type PendingAction,
  type Rollback,
  type Rollout,
  type RequestedRollout,
} from './rollout.state.js';
import { completion, runningWaves } from './wave-end.js';

export type RolloutFact = FactOf<'rollout'>;

/** Everything from outside that a decision depends on: time and ids come in. */
interface RolloutContext {
  rollout_id: string;
  /** Now. */
  at: Date;
  /** Devices that a rollback has to bring back and that are not planned yet; undefined while that was not looked up. */
  unplanned?: number | undefined;
  /** Of an amendment by which failures roll back from now on (`asksForRollback`): devices that have no way back, by error code. */
  no_way_back?: Readonly<Record<string, number>> | undefined;
}

/** What may be asked of a rollout. What it needs of devices and firmwares is looked up by who asks. */
export type RolloutCommand =
  /** What happens next. A decision goes as far as it can. */
  | ({ type: 'Proceed' } & RolloutContext)
  /** Its request becomes a rollout, with these devices in the same append. */
  | { type: 'Accept'; accepted: DataOf<'RolloutAccepted'>; planned: readonly DataOf<'RolloutDevicesPlanned'>[] }
  /** Its request cannot become a rollout. */
  | { type: 'Reject'; rollout_id: string; refusal: Refused }
  /** Devices come to a rollout that was planned before: they joined, or have to be brought back. */
  | { type: 'TakeIn'; planned: DataOf<'RolloutDevicesPlanned'> };

/** A rollout, on its own stream. Its state counts what stands in the streams of its devices too: `countMember`. */
export const rolloutDecider: Decider<Rollout, RolloutCommand, RolloutFact, RolloutEvent['type']> = {
  initial: noRollout,
  evolve,
  decide: (command, rollout) => decisionOn(command, rollout) ?? [],
};

function decisionOn(command: RolloutCommand, rollout: Rollout): Decision<RolloutFact> | undefined {
  switch (command.type) {
    case 'Proceed':
      return proceed(rollout, command);
    case 'Accept':
      return answer(rollout, [
        { type: 'RolloutAccepted', data: command.accepted },
        ...command.planned.map((data): RolloutFact => ({ type: 'RolloutDevicesPlanned', data })),
      ]);
    case 'Reject':
      return rollout.status === 'requested' ? answer(rollout, [rejected(command, rollout.request)]) : undefined;
    case 'TakeIn':
      return takeIn(rollout, command.planned);
    default:
      return unreachable(command);
  }
}

function answer(rollout: Rollout, facts: readonly RolloutFact[]): Decision<RolloutFact> | undefined {
  return rollout.status === 'requested' ? { facts, cause: rollout.request.ref } : undefined;
}

function rejected(
  { rollout_id, refusal: { code, detail } }: { rollout_id: string; refusal: Refused },
  { request_id, requested_by, source }: RequestedRollout,
): RolloutFact {
  const by = given({ requested_by, source });
  return { type: 'RolloutRejected', data: { rollout_id, request_id, code, detail: detail.slice(0, 1024), ...by } };
}

function takeIn(rollout: Rollout, data: DataOf<'RolloutDevicesPlanned'>): Decision<RolloutFact> | undefined {
  if (!isAccepted(rollout)) return undefined;
  const turned = data.stage === 'rollback' ? rollbackIn(rollout) : undefined;
  return { facts: [{ type: 'RolloutDevicesPlanned', data }], cause: turned?.ref ?? rollout.last };
}

/** Steps of one decision: empty waves follow each other at once, and a batch must stay a batch. */
const MAX_STEPS = 200;

/**
 * What happens next to a rollout, or undefined when nothing does. A decision goes as far as it can: the last report of a wave
 * completes it and, where nothing is to be waited for, starts the next one in the same batch.
 */
function proceed(rollout: Rollout, context: RolloutContext): Decision<RolloutFact> | undefined {
  const facts: RolloutFact[] = [];
  let cause: EventRef | undefined;
  let state = rollout;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    // Nobody has looked yet for the devices of a rollback that this very decision triggers.
    const next = step(state, rollout.status === 'rolling_back' ? context : { ...context, unplanned: undefined });
    if (!next) break;
    cause ??= next.cause;
    facts.push(...next.facts);
    for (const fact of next.facts) state = evolve(state, asIfStored(fact, context, next.cause));
  }
  return cause && { facts, cause };
}

/** True for a rollout that may need a decision without any further event: time alone can be what it waits for. */
export function isActive(rollout: Rollout): boolean {
  if (rollout.actions.length > 0 || rollout.status === 'requested') return true;
  if (!isAccepted(rollout)) return false;
  const { status } = rollout;
  if (status === 'accepted' || status === 'running' || status === 'rolling_back') return true;
  if (status === 'completed') return rollout.spec.membership === 'continuous';
  const back = rollbackIn(rollout);
  if (back && isRollbackOver(rollout)) return mayComeLate(rollout, back);
  // Paused or aborted: what is in flight may have to be withdrawn, in the rollback too. A gate that is reached by what ends meanwhile is held against it.
  return inFlightIn(rollout) > 0 || stopped(rollout).length > 0;
}

/** One that was not brought back, since its update was withdrawn or has failed, may come up on the version all the same. */
function mayComeLate({ waves }: AcceptedRollout, { waves: back, unavailable }: Rollback): boolean {
  return total(sumOf(waves)) > total(sumOf(back)) + inAll(unavailable);
}

/** A fact as `evolve` takes it: nothing in a rollout's state depends on where it is going to stand. */
function asIfStored(fact: RolloutFact, { rollout_id, at }: RolloutContext, cause: EventRef) {
  const envelope = { org: '', entity: 'rollout', entity_id: rollout_id, source: '', position: 0 } as const;
  return { ...envelope, ...fact, ...cause, time: at.toISOString() };
}

/** Actions that come before any gate: those that tell no further device. */
const UNGATED: readonly PendingAction['action'][] = ['pause', 'abort', 'rollback'];

/** Of a rollout that runs, who resumes goes on over a pause that somebody has seen, not over one to come. */
function isGated({ status }: Rollout, { action }: PendingAction): boolean {
  return !UNGATED.includes(action) && (action !== 'resume' || status === 'paused');
}

function step(rollout: Rollout, context: RolloutContext): Decision<RolloutFact> | undefined {
  const [action] = rollout.actions;
  if (action && rollout.status !== 'requested') {
    const first = isGated(rollout, action) ? stopped(rollout) : [];
    // Nobody has seen the gate yet that a pause is held for from now on too, whatever reason there is to resume.
    if (first.length > 0 && action.action === 'resume')
      return { facts: [...first, refuseUnseen(context.rollout_id, action)], cause: action.ref };
    if (first.length > 0 && isAccepted(rollout)) return { facts: first, cause: rollout.last };
    const facts = answerAction(context.rollout_id, rollout, action, context.no_way_back);
    return { facts, cause: action.ref };
  }
  if (!isAccepted(rollout)) return undefined;
  const facts = factsOf(rollout, context);
  return facts.length > 0 ? { facts, cause: rollout.last } : undefined;
}

function factsOf(rollout: AcceptedRollout, context: RolloutContext): RolloutFact[] {
  switch (rollout.status) {
    case 'accepted':
      return start(rollout, context);
    case 'running':
      return advance(rollout, context);
    case 'rolling_back':
      return goBack(rollout, rollout.rollback, context);
    case 'paused':
      return stopped(rollout);
    case 'completed':
    case 'aborted':
    case 'rolled_back':
    case 'rollback_incomplete':
      return [];
    default:
      return unreachable(rollout);
  }
}

/** Why a rollout ends that lacks devices of its plan, which is stored in one piece: the log has lost its end since. */
const TORN = 'the log has lost devices of its plan; ask for it again';

function start(rollout: AcceptedRollout, { at }: RolloutContext): RolloutFact[] {
  const { rollout_id, spec } = rollout;
  if (!isWhole(rollout)) return [{ type: 'RolloutAborted', data: { rollout_id, cause: 'operator', reason: TORN } }];
  if (awaitedApproval(rollout) !== undefined) return [];
  if (spec.start_at !== undefined && Date.parse(spec.start_at) > at.getTime()) return [];
  return [{ type: 'RolloutStarted', data: { rollout_id } }];
}

function advance(rollout: AcceptedRollout, { at }: RolloutContext): RolloutFact[] {
  const stops = stopped(rollout);
  if (stops.length > 0) return stops;
  const running = runningWaves(rollout);
  if (running.length > 0) return running.flatMap((index) => completion(rollout, 'forward', index));
  return afterWave(rollout, at);
}

/** What follows a wave, also behind the last one: nothing before it has proved itself for as long as it soaks. */
function afterWave(rollout: AcceptedRollout, at: Date): RolloutFact[] {
  const next = nextWave(rollout);
  if ((soakEnds(rollout, next ?? rollout.waves.length) ?? 0) > at.getTime()) return [];
  // What was in flight in a skipped wave ends by itself.
  if (next === undefined) return open(sumOf(rollout.waves)) > 0 ? [] : [completedRollout(rollout)];
  return awaitedApproval(rollout) === undefined ? [waveStarted(rollout, 'forward', next)] : [];
}

/** The rollback's waves run one after the other, whatever comes of them; it is over when nobody is left to bring back. */
function goBack(rollout: AcceptedRollout, rollback: Rollback, context: RolloutContext): RolloutFact[] {
  const { waves, unavailable } = rollback;
  const completed = waves.flatMap((_, index) => completion(rollout, 'rollback', index));
  if (completed.length > 0) return completed;
  if (waves.some(({ status }) => status === 'running')) return [];
  const next = nextWave({ waves });
  if (next !== undefined) return [waveStarted(rollout, 'rollback', next)];
  const stillOut = sumOf(rollout.waves).in_flight > 0 || context.unplanned !== 0;
  if (stillOut) return [];
  const codes = notBack(rollback);
  const { rollout_id } = rollout;
  const ends = { numbers: endNumbers(sumOf(waves)), unavailable: inAll(unavailable) };
  const revoked = revokedIn(rollback);
  const data = { rollout_id, ...ends, incomplete: inAll(codes), codes, ...(revoked > 0 && { revoked }) };
  return [{ type: 'RollbackCompleted', data }];
}

function waveStarted(rollout: AcceptedRollout, stage: Stage, wave: number): RolloutFact {
  const { rollout_id } = rollout;
  const eligible = wavesIn(rollout, stage)[wave]?.eligible ?? 0;
  return { type: 'WaveStarted', data: { rollout_id, stage, wave, eligible } };
}

function completedRollout({ rollout_id, waves }: AcceptedRollout): RolloutFact {
  return { type: 'RolloutCompleted', data: { rollout_id, numbers: endNumbers(sumOf(waves)) } };
}
