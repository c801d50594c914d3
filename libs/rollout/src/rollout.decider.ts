import { unreachable, type Fact, type GateDecision, type Stage } from '@edgeflow/contracts';
import { answerAction } from './answer-action.js';
import { endNumbers, sumOf } from './counts.js';
import { failureGate, successGate } from './gate.js';
import { awaitedApproval, hasEnded, nextWave, soakEnds } from './next-wave.js';
import { wavesIn } from './placement.js';
import { evolve } from './rollout.evolve.js';
import { isAccepted, type AcceptedRollout, type EventRef, type Rollback, type Rollout } from './rollout.state.js';

/** Everything from outside that a decision depends on (STYLE.md rule 4). */
export interface RolloutSurroundings {
  rollout_id: string;
  /** Now. */
  at: Date;
  /** Devices that a rollback has to bring back and that are not planned yet; undefined while that was not looked up. */
  unplanned?: number | undefined;
}

/** What is to be written to the rollout's lane in one append, and the event that led to it. */
export interface RolloutDecision {
  facts: readonly Fact[];
  cause: EventRef;
}

/** Steps of one decision: empty waves follow each other at once, and a batch must stay a batch. */
const MAX_STEPS = 200;

/**
 * What happens next to a rollout, or undefined when nothing does. Pure. A decision goes as far as it can: the last report of a wave
 * completes it and, where nothing is to be waited for, starts the next one in the same batch. Accepting a request needs its devices
 * and is `planRollout`'s.
 */
export function decide(rollout: Rollout, around: RolloutSurroundings): RolloutDecision | undefined {
  const facts: Fact[] = [];
  let cause: EventRef | undefined;
  let state = rollout;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    // Nobody has looked yet for the devices of a rollback that this very decision triggers.
    const next = step(state, rollout.status === 'rolling_back' ? around : { ...around, unplanned: undefined });
    if (!next) break;
    cause ??= next.cause;
    facts.push(...next.facts);
    for (const fact of next.facts) state = evolve(state, asIfStored(fact, around, next.cause));
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
  // One whose update was withdrawn may come up on the version all the same.
  if (status === 'rolled_back') return sumOf(rollout.waves).cancelled > 0;
  // Paused or aborted: what is in flight may have to be withdrawn, on the way back too.
  return sumOf([...rollout.waves, ...wavesIn(rollout, 'rollback')]).in_flight > 0;
}

/** A fact as `evolve` takes it: nothing in a rollout's state depends on where it is going to stand. */
function asIfStored(fact: Fact, { rollout_id, at }: RolloutSurroundings, cause: EventRef) {
  const envelope = { org: '', entity: 'rollout', entity_id: rollout_id, source: '', position: 0 } as const;
  return { ...envelope, ...fact, ...cause, time: at.toISOString() };
}

function step(rollout: Rollout, around: RolloutSurroundings): RolloutDecision | undefined {
  const [action] = rollout.actions;
  if (action && rollout.status !== 'requested') {
    return { facts: answerAction(around.rollout_id, rollout, action), cause: action.ref };
  }
  if (!isAccepted(rollout)) return undefined;
  const facts = factsOf(rollout, around);
  return facts.length > 0 ? { facts, cause: rollout.last } : undefined;
}

function factsOf(rollout: AcceptedRollout, around: RolloutSurroundings): Fact[] {
  switch (rollout.status) {
    case 'accepted':
      return start(rollout, around);
    case 'running':
      return advance(rollout, around);
    case 'rolling_back':
      return goBack(rollout, rollout.rollback, around);
    case 'paused':
    case 'completed':
    case 'aborted':
    case 'rolled_back':
      return [];
    default:
      return unreachable(rollout);
  }
}

function start(rollout: AcceptedRollout, { at }: RolloutSurroundings): Fact[] {
  const { rollout_id, spec } = rollout;
  if (awaitedApproval(rollout) !== undefined) return [];
  if (spec.start_at !== undefined && Date.parse(spec.start_at) > at.getTime()) return [];
  return [{ type: 'RolloutStarted', data: { rollout_id } }];
}

function advance(rollout: AcceptedRollout, { at }: RolloutSurroundings): Fact[] {
  const running = rollout.waves.flatMap((wave, index) => (wave.status === 'running' ? [index] : []));
  const completed = running.flatMap((index) => completion(rollout, 'forward', index));
  const gate = running.map((index) => failureGate(rollout, index)).find((tripped) => tripped) ?? notPassed(completed);
  if (gate) return [...completed, actOn(rollout, gate)];
  if (completed.length > 0 || running.length > 0) return completed;
  const next = nextWave(rollout);
  if (next === undefined) return [completedRollout(rollout)];
  const soaks = (soakEnds(rollout, next) ?? 0) > at.getTime();
  return soaks || awaitedApproval(rollout) !== undefined ? [] : [waveStarted(rollout, 'forward', next)];
}

/** The rollback's waves run one after the other, whatever comes of them; it is over when nobody is left to bring back. */
function goBack(rollout: AcceptedRollout, { waves, unavailable }: Rollback, around: RolloutSurroundings): Fact[] {
  const completed = waves.flatMap((_, index) => completion(rollout, 'rollback', index));
  if (completed.length > 0) return completed;
  if (waves.some(({ status }) => status === 'running')) return [];
  const next = nextWave({ waves });
  if (next !== undefined) return [waveStarted(rollout, 'rollback', next)];
  const stillOut = sumOf(rollout.waves).in_flight > 0 || around.unplanned !== 0;
  if (stillOut) return [];
  const numbers = endNumbers(sumOf(waves));
  const missing = Object.values(unavailable).reduce((sum, n) => sum + n, 0);
  return [{ type: 'RollbackCompleted', data: { rollout_id: rollout.rollout_id, numbers, unavailable: missing } }];
}

function completion(rollout: AcceptedRollout, stage: Stage, index: number): Fact<'WaveCompleted'>[] {
  const wave = wavesIn(rollout, stage)[index];
  if (!wave || !hasEnded(wave)) return [];
  const gate = stage === 'forward' ? successGate(wave, index, rollout.spec.failure) : undefined;
  const { rollout_id } = rollout;
  const numbers = endNumbers(wave.counts);
  return [{ type: 'WaveCompleted', data: { rollout_id, stage, wave: index, numbers, ...(gate && { gate }) } }];
}

function notPassed(completed: readonly Fact<'WaveCompleted'>[]): GateDecision | undefined {
  return completed.map(({ data }) => data.gate).find((gate) => gate?.passed === false);
}

function actOn({ rollout_id }: AcceptedRollout, gate: GateDecision): Fact {
  const data = { rollout_id, cause: 'gate' as const, gate };
  switch (gate.action) {
    case 'abort':
      return { type: 'RolloutAborted', data };
    case 'rollback':
      return { type: 'RollbackTriggered', data };
    default:
      return { type: 'RolloutPaused', data };
  }
}

function waveStarted(rollout: AcceptedRollout, stage: Stage, wave: number): Fact {
  const { rollout_id } = rollout;
  const eligible = wavesIn(rollout, stage)[wave]?.eligible ?? 0;
  return { type: 'WaveStarted', data: { rollout_id, stage, wave, eligible } };
}

function completedRollout({ rollout_id, waves }: AcceptedRollout): Fact {
  return { type: 'RolloutCompleted', data: { rollout_id, numbers: endNumbers(sumOf(waves)) } };
}
