import type { RolloutSpec, RolloutStrategy, StoredEvent } from '@edgeflow/contracts';
import { at, within, type Invariant } from './invariant.js';

interface Soaking {
  spec: RolloutSpec;
  /** By wave: from so many on its gates stop the rollout, whatever its other devices come to. */
  limits: Map<number, number>;
  /** The wave that started last: it and none before it is looked at. */
  wave: number;
  /** By device: the update that has brought it to the version, and in which wave. */
  came: Map<string, { update: string; wave: number }>;
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
      this.rollouts.set(name, { spec, limits: new Map(), wave: -1, came: new Map(), lost: new Map(), isOver: false });
      return [];
    }
    const rollout = this.rollouts.get(name);
    if (rollout) this.goesOn(name, rollout, event);
    return [];
  }

  end(): string[] {
    return [...this.rollouts].flatMap(([name, { limits, lost }]) =>
      [...lost].flatMap(([wave, { size }]) => {
        const limit = limits.get(wave) ?? Infinity;
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
        if (!rollback && wave !== undefined) rollout.came.set(device_id, { update, wave });
        break;
      }
      case 'UpdateReverted':
        this.reverted(rollout, event);
        break;
      case 'UpdateQueued':
      case 'UpdateSkipped':
        this.taken(rollout, event.data.device_id);
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

  private taken({ came, lost }: Soaking, device_id: string): void {
    came.delete(device_id);
    for (const devices of lost.values()) devices.delete(device_id);
  }
}

function started(rollout: Soaking, { wave, eligible }: StoredEvent<'WaveStarted'>['data']): void {
  rollout.wave = wave;
  rollout.limits.set(wave, Math.min(failuresIn(rollout.spec), lossesIn(rollout.spec, wave, eligible)));
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
