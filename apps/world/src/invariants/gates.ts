import type { RolloutSpec, StoredEvent } from '@edgeflow/contracts';
import { at, within, type Invariant } from './invariant.js';

interface Waved {
  spec: RolloutSpec;
  /** Of the way out: which have come to an end, or are waited for no more. */
  over: Set<number>;
  skipped: Set<number>;
  /** By wave: its devices that have succeeded or failed. */
  finished: Map<number, Set<string>>;
  planned: number[];
  /** By wave: its devices that a later rollout, or an update of their own, has taken over. */
  taken: Map<number, Set<string>>;
  /** Waves that nobody was asked about, since nothing was left behind them that would wait for their proof. */
  unasked: Set<number>;
  /** A gate that was not passed, and that nobody has gone on over. */
  shut: string | undefined;
  /** Somebody went on over what a gate said. */
  isOverridden: boolean;
}

/** No gate passes without evidence: a wave follows on numbers that are there, or on a person's word. */
export class Gates implements Invariant {
  readonly name = 'no gate passes without evidence';
  private readonly rollouts = new Map<string, Waved>();

  observe(event: StoredEvent): string[] {
    if (event.type === 'RolloutAccepted') {
      const { rollout_id, spec, waves } = event.data;
      this.rollouts.set(within(event, rollout_id), newly(spec, waves));
      return [];
    }
    const rollout = this.rollouts.get(within(event, rolloutIn(event) ?? ''));
    if (!rollout) return [];
    switch (event.type) {
      case 'RolloutPaused':
        if (event.data.gate && !event.data.gate.passed) rollout.shut = event.id;
        return [];
      case 'RolloutResumed':
        return resumed(rollout, event.data);
      case 'RolloutRetried':
        rollout.shut = undefined;
        return [];
      case 'WaveSkipped':
        rollout.skipped.add(event.data.wave);
        return [];
      case 'RolloutAmended':
        rollout.planned = event.data.waves?.map(({ eligible }) => eligible) ?? rollout.planned;
        return [];
      case 'WaveCompleted':
        return event.data.stage === 'rollback' ? [] : completed(rollout, event.data);
      case 'WaveStarted':
        return event.data.stage === 'rollback' ? [] : started(rollout, event.data.wave);
      case 'UpdateCompleted':
      case 'UpdateFailed':
      case 'UpdateRejected':
        finishes(rollout, event);
        return [];
      case 'UpdateSkipped':
      case 'UpdateCancelled':
        takenOver(rollout, event);
        return [];
      case 'UpdateQueued':
        return event.data.rollback ? [] : told(rollout, event.data.wave ?? 0);
      default:
        return [];
    }
  }

  end(): string[] {
    return [];
  }
}

function started(rollout: Waved, wave: number): string[] {
  const faults =
    rollout.shut === undefined ? [] : [`wave ${wave} starts over ${rollout.shut}, and nobody has resumed it`];
  const before = Array.from({ length: wave }, (_, index) => index);
  const early = before.filter((index) => !rollout.over.has(index) && !rollout.skipped.has(index));
  const isFull = (index: number): boolean => (rollout.planned[index] ?? 0) > 0;
  return [...faults, ...early.filter(isFull).map((index) => `wave ${wave} starts before wave ${index} has ended`)];
}

function newly(spec: RolloutSpec, waves: readonly { eligible: number }[]): Waved {
  const none = {
    ...{ over: new Set<number>(), skipped: new Set<number>(), unasked: new Set<number>() },
    ...{ finished: new Map<number, Set<string>>(), taken: new Map<number, Set<string>>() },
  };
  const planned = waves.map(({ eligible }) => eligible);
  return { spec, ...none, planned, shut: undefined, isOverridden: false };
}

function resumed(rollout: Waved, { gate, reason }: StoredEvent<'RolloutResumed'>['data']): string[] {
  const faults = rollout.shut !== undefined && !reason ? ['it goes on over a gate, and nobody has said why'] : [];
  if (gate) rollout.isOverridden = true;
  rollout.shut = undefined;
  return faults;
}

function completed(rollout: Waved, { wave, gate, numbers }: StoredEvent<'WaveCompleted'>['data']): string[] {
  rollout.over.add(wave);
  if (!gate) return [];
  if (!gate.passed) {
    rollout.shut = `the gate of wave ${wave}`;
    return [];
  }
  // A wave without devices is not there to prove anything, and who goes on over that is not asked again.
  if (numbers.eligible === 0 || rollout.isOverridden) return [];
  if (gate.finished === 0 && isTakenFrom(rollout, wave)) {
    rollout.unasked.add(wave);
    return [];
  }
  if (gate.finished === 0) return [`the gate of wave ${wave} is passed, and none of its devices has finished`];
  const { threshold_percent = 0, succeeded, finished } = gate;
  const isEnough = gate.gate !== 'success' || succeeded * 100 >= threshold_percent * finished;
  return isEnough
    ? []
    : [`the gate of wave ${wave} is passed with ${succeeded} of ${finished} at ${threshold_percent} %`];
}

/** Devices of this wave, or of those that wait for its proof, are another rollout's. */
function isTakenFrom({ taken }: Waved, wave: number): boolean {
  return [...taken].some(([index, devices]) => index >= wave && devices.size > 0);
}

function finishes(rollout: Waved, event: StoredEvent<'UpdateCompleted' | 'UpdateFailed' | 'UpdateRejected'>): void {
  const { rollback, wave, device_id } = event.data;
  if (!rollback && wave !== undefined) at(rollout.finished, wave, () => new Set<string>()).add(device_id);
}

function takenOver(rollout: Waved, { data }: StoredEvent<'UpdateSkipped' | 'UpdateCancelled'>): void {
  const { rollback, wave, device_id } = data;
  const byRollout = 'superseded_by' in data && data.superseded_by !== undefined;
  const byItsOwn = 'code' in data && data.code === 'superseded';
  if ((byRollout || byItsOwn) && !rollback && wave !== undefined)
    at(rollout.taken, wave, () => new Set<string>()).add(device_id);
}

/** A trial that nobody has finished has proven nothing, and no device behind it is told. */
function told(rollout: Waved, wave: number): string[] {
  const trial = wave - 1;
  const [unasked] = [...rollout.unasked].filter((one) => one < wave && !rollout.isOverridden);
  if (unasked !== undefined)
    return [`wave ${wave} is told, and wave ${unasked} was let pass since nothing was left behind it`];
  if (!isTrial(rollout.spec, trial) || rollout.skipped.has(trial) || rollout.isOverridden) return [];
  if ((rollout.planned[trial] ?? 0) === 0 || (rollout.finished.get(trial)?.size ?? 0) > 0) return [];
  return [`wave ${wave} is told, and no device of wave ${trial} has finished`];
}

function isTrial({ strategy }: RolloutSpec, wave: number): boolean {
  if (strategy.type === 'canary') return wave === 0;
  return strategy.type === 'staged' && wave >= 0 && wave < (strategy.waves?.length ?? 0);
}

function rolloutIn({ data }: StoredEvent): string | undefined {
  return 'rollout_id' in data ? data.rollout_id : undefined;
}
