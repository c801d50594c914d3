import type { StoredEvent } from '@edgeflow/contracts';
import { at, within, type Invariant } from './invariant.js';

interface Soaking {
  /** Of the failure gate: so many of a wave are too many. */
  count: number;
  /** The wave that started last: it and none before it is looked at. */
  wave: number;
  /** By device: the update that has brought it to the version, and in which wave. */
  came: Map<string, { update: string; wave: number }>;
  /** Those of each wave that did not keep the version while it was looked at. */
  lost: Map<number, Set<string>>;
  isOver: boolean;
}

/**
 * A success counts once it holds: devices of a wave that run or soaks, and do not keep the version, are failures to its gate. Rollouts are
 * looked at as long as nobody has changed anything about them by hand, and no gate has stopped them.
 */
export class Soaks implements Invariant {
  readonly name = 'a success that does not hold is a failure';
  private readonly rollouts = new Map<string, Soaking>();

  observe(event: StoredEvent): string[] {
    const name = within(event, rolloutIn(event) ?? '');
    if (event.type === 'RolloutAccepted') {
      const { count } = event.data.spec.failure ?? {};
      if (count !== undefined)
        this.rollouts.set(name, { count, wave: -1, came: new Map(), lost: new Map(), isOver: false });
      return [];
    }
    const rollout = this.rollouts.get(name);
    if (rollout) this.goesOn(name, rollout, event);
    return [];
  }

  end(): string[] {
    return [...this.rollouts].flatMap(([name, { count, lost }]) =>
      [...lost]
        .filter(([, devices]) => devices.size >= count)
        .map(
          ([wave, { size }]) =>
            `${size} of wave ${wave} of ${name} went back, ${count} are too many, and nothing has stopped it`,
        ),
    );
  }

  private goesOn(name: string, rollout: Soaking, event: StoredEvent): void {
    switch (event.type) {
      case 'WaveStarted':
        if (event.data.stage !== 'rollback') rollout.wave = event.data.wave;
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

function rolloutIn({ data }: StoredEvent): string | undefined {
  return 'rollout_id' in data ? data.rollout_id : undefined;
}
