import type { RolloutSpec, RolloutStrategy, StoredEvent } from '@edgeflow/contracts';
import { at, within, type Invariant } from './invariant.js';

interface Limits {
  /** Whatever its other devices come to. */
  at_once: number;
  /** Once all its devices have ended: which share has succeeded is asked then. */
  at_its_end: number;
}

interface Soaking {
  spec: RolloutSpec;
  /** By wave: from so many on its gates stop the rollout. */
  limits: Map<number, Limits>;
  /** The wave that started last: it and none before it is looked at. */
  wave: number;
  /** By device: the update that has brought it to the version, and in which wave. */
  came: Map<string, { update: string; wave: number }>;
  /** By device: the wave in which it has an update that has not ended. */
  open: Map<string, number>;
  /** Those of each wave that did not keep the version while it was looked at. */
  lost: Map<number, Set<string>>;
  isOver: boolean;
}

/**
 * A success counts once it holds: devices of a wave that runs or soaks, and do not keep the version, are failures to its gates. Rollouts are
 * looked at as long as nobody has changed anything about them by hand, and no gate has stopped them.
 */
export class Soaks implements Invariant {
  readonly name = 'a success that does not hold is a failure';
  private readonly rollouts = new Map<string, Soaking>();

  observe(event: StoredEvent): string[] {
    const name = within(event, rolloutIn(event) ?? '');
    if (event.type === 'RolloutAccepted') {
      const { spec } = event.data;
      const none = { limits: new Map(), came: new Map(), open: new Map(), lost: new Map() };
      this.rollouts.set(name, { spec, wave: -1, isOver: false, ...none });
      return [];
    }
    const rollout = this.rollouts.get(name);
    if (rollout) this.goesOn(name, rollout, event);
    return [];
  }

  end(): string[] {
    return [...this.rollouts].flatMap(([name, rollout]) =>
      [...rollout.lost].flatMap(([wave, { size }]) => {
        const limit = limitOf(rollout, wave);
        return size > 0 && size >= limit
          ? [`${size} of wave ${wave} of ${name} went back, ${limit} are too many, and nothing has stopped it`]
          : [];
      }),
    );
  }

  private goesOn(name: string, rollout: Soaking, event: StoredEvent): void {
    switch (event.type) {
      case 'WaveStarted':
        if (event.data.stage !== 'rollback') started(rollout, event.data);
        break;
      case 'WaveCompleted':
        if (event.data.gate?.passed === false) this.rollouts.delete(name);
        break;
      case 'RolloutCompleted':
        rollout.isOver = true;
        break;
      case 'UpdateCompleted': {
        const { rollback, update_id: update, device_id, wave } = event.data;
        rollout.open.delete(device_id);
        if (!rollback && wave !== undefined) rollout.came.set(device_id, { update, wave });
        break;
      }
      case 'UpdateReverted':
        this.reverted(rollout, event);
        break;
      case 'UpdateQueued':
        this.taken(rollout, event.data.device_id);
        if (event.data.wave !== undefined) rollout.open.set(event.data.device_id, event.data.wave);
        break;
      case 'UpdateSkipped':
        this.taken(rollout, event.data.device_id);
        break;
      case 'UpdateFailed':
      case 'UpdateCancelled':
        rollout.open.delete(event.data.device_id);
        break;
      case 'RolloutPaused':
      case 'RolloutResumed':
      case 'RolloutRetried':
      case 'RolloutAmended':
      case 'RolloutAborted':
      case 'RollbackTriggered':
      case 'WaveSkipped':
        this.rollouts.delete(name);
        break;
      default:
    }
  }

  private reverted({ came, lost, wave: last, isOver }: Soaking, { data }: StoredEvent<'UpdateReverted'>): void {
    const success = came.get(data.device_id);
    if (isOver || data.rollback || success?.update !== data.update_id || success.wave !== last) return;
    at(lost, success.wave, () => new Set<string>()).add(data.device_id);
  }

  private taken({ came, open, lost }: Soaking, device_id: string): void {
    came.delete(device_id);
    open.delete(device_id);
    for (const devices of lost.values()) devices.delete(device_id);
  }
}

function limitOf({ limits, open, wave: last }: Soaking, wave: number): number {
  const { at_once, at_its_end } = limits.get(wave) ?? { at_once: Infinity, at_its_end: Infinity };
  const isUnderWay = wave === last && [...open.values()].includes(wave);
  return isUnderWay ? at_once : Math.min(at_once, at_its_end);
}

function started(rollout: Soaking, { wave, eligible }: StoredEvent<'WaveStarted'>['data']): void {
  rollout.wave = wave;
  const at_its_end = lossesIn(rollout.spec, wave, eligible);
  rollout.limits.set(wave, { at_once: failuresIn(rollout.spec), at_its_end });
}

/** So many failures are too many. A share of those that have finished is left out: how many those will be nobody knows beforehand. */
function failuresIn({ failure }: RolloutSpec): number {
  return failure?.count ?? Infinity;
}

/** So many failures leave too few that have succeeded, even where all others do. Whoever joins later changes nothing where all have to. */
function lossesIn({ strategy, membership }: RolloutSpec, wave: number, eligible: number): number {
  const { success_percent: least } = stageOf(strategy, wave) ?? {};
  if (least === undefined || least === 0 || (membership === 'continuous' && least < 100)) return Infinity;
  return Math.floor(((100 - least) * eligible) / 100) + 1;
}

function stageOf(strategy: RolloutStrategy, wave: number): { success_percent?: number } | undefined {
  return strategy.type === 'canary' && wave === 0 ? strategy : strategy.waves?.[wave];
}

function rolloutIn({ data }: StoredEvent): string | undefined {
  return 'rollout_id' in data ? data.rollout_id : undefined;
}
