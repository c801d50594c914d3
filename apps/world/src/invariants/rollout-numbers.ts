import type { EndNumbers, Stage, StoredEvent } from '@edgeflow/contracts';
import { at, within, type Invariant } from './invariant.js';

interface Numbers {
  /** Devices that have come to the version, by wave. */
  came: Map<number, Set<string>>;
  /** Those of them that were counted no more afterwards. */
  lost: Set<string>;
}

/** What a rollout says of its devices adds up, and is what their own events say. */
export class RolloutNumbers implements Invariant {
  readonly name = 'the counts of a rollout add up';
  private readonly stages = new Map<string, Numbers>();
  private readonly planned = new Map<string, Set<string>>();

  observe(event: StoredEvent): string[] {
    switch (event.type) {
      case 'RolloutAccepted': {
        const { eligible, waves } = event.data;
        const sum = waves.reduce((all, wave) => all + wave.eligible, 0);
        return sum === eligible ? [] : [`${eligible} are eligible, and ${sum} in its waves`];
      }
      case 'RolloutDevicesPlanned': {
        const { rollout_id, stage, devices } = event.data;
        const planned = at(this.planned, within(event, rollout_id), () => new Set<string>());
        // An id that is another device's by now is in it once.
        if (stage === 'forward') for (const { device_id } of devices) planned.add(device_id);
        return [];
      }
      case 'UpdateCompleted':
      case 'UpdateReverted':
      case 'UpdateSkipped':
        this.of(event);
        return [];
      case 'DeviceRemoved':
        for (const { lost } of this.stages.values()) lost.add(event.data.device_id);
        return [];
      case 'WaveCompleted': {
        const { rollout_id, stage, wave, numbers } = event.data;
        const stageOf = this.stages.get(keyOf(event, rollout_id, stage));
        return [...adds(numbers), ...fits(numbers, stageOf?.came.get(wave) ?? new Set(), stageOf?.lost)];
      }
      case 'RolloutCompleted': {
        const { rollout_id, numbers } = event.data;
        const stage = this.stages.get(keyOf(event, rollout_id, 'forward'));
        const came = new Set([...(stage?.came.values() ?? [])].flatMap((devices) => [...devices]));
        const planned = this.planned.get(within(event, rollout_id))?.size ?? 0;
        const isWhole = planned === numbers.eligible;
        const missing = isWhole ? [] : [`${numbers.eligible} are eligible, and ${planned} were planned`];
        return [...missing, ...adds(numbers), ...fits(numbers, came, stage?.lost)];
      }
      default:
        return [];
    }
  }

  end(): string[] {
    return [];
  }

  private of(event: StoredEvent<'UpdateCompleted' | 'UpdateReverted' | 'UpdateSkipped'>): void {
    const { rollout_id, rollback, wave = 0, device_id } = event.data;
    if (rollout_id === undefined) return;
    const key = keyOf(event, rollout_id, rollback ? 'rollback' : 'forward');
    const stage = at(this.stages, key, () => ({ came: new Map<number, Set<string>>(), lost: new Set<string>() }));
    if (event.type === 'UpdateCompleted') at(stage.came, wave, () => new Set<string>()).add(device_id);
    else stage.lost.add(device_id);
  }
}

function keyOf(event: StoredEvent, rollout_id: string, stage: Stage): string {
  return `${within(event, rollout_id)}/${stage}`;
}

function adds({ eligible, succeeded, failed, cancelled, skipped }: EndNumbers): string[] {
  const sum = succeeded + failed + cancelled + skipped;
  return sum === eligible ? [] : [`${eligible} are eligible, and ${sum} have ended`];
}

function fits({ succeeded }: EndNumbers, came: ReadonlySet<string>, lost: ReadonlySet<string> = new Set()): string[] {
  const kept = [...came].filter((device) => !lost.has(device)).length;
  if (succeeded <= came.size && succeeded >= kept) return [];
  return [`${succeeded} succeeded, and by their own events ${kept === came.size ? kept : `${kept} to ${came.size}`}`];
}
