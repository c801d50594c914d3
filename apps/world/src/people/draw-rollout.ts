import { pick, chance, weighted } from '@edgeflow/simulation';
import { integerBetween, type Entropy } from '@edgeflow/runtime';
import { FLEETS, MODELS, type SceneDevice } from '../scene/scene.js';

type Chance = Pick<Entropy, 'random'>;

/**
 * What a rollout may be asked for with: `POST /orchestrator/v1/rollouts` takes it as it is.
 * @param versions what there is to roll out, or may be
 */
export function drawRollout(entropy: Chance, devices: readonly SceneDevice[], versions: readonly string[]): object {
  const maybe = (share: number, member: object): object => (chance(entropy, share, 'rollout-member') ? member : {});
  const int = (from: number, to: number, reason: string): number => integerBetween(entropy, from, to, reason);
  return {
    version: pick(entropy, versions, 'rollout-version'),
    target: drawTarget(entropy, devices),
    strategy: drawStrategy(entropy),
    ...maybe(0.75, { failure: drawFailureGate(entropy) }),
    ...maybe(0.2, { membership: 'continuous' }),
    ...maybe(0.15, { approval: pick(entropy, ['start', 'every_wave'], 'approval') }),
    ...maybe(0.3, { retry: { attempts: int(0, 3, 'attempts'), backoff_s: pick(entropy, [0, 5, 10], 'backoff') } }),
    ...maybe(0.25, { limits: { max_in_flight: int(1, 4, 'in-flight'), ...maybe(0.3, { max_per_minute: 2 }) } }),
    ...maybe(0.8, { deadline_s: pick(entropy, [30, 45, 60], 'deadline') }),
    ...maybe(0.3, { deadlines: { waiting_s: pick(entropy, [15, 30, 60], 'waiting') } }),
    ...maybe(0.2, { deadlines: { downloading_s: 20, installing_s: 20, rebooting_s: 30 } }),
    ...maybe(0.04, { window: drawWindow(entropy) }),
    ...maybe(0.15, { priority: int(1, 4, 'priority') }),
    ...maybe(0.1, { force: true }),
  };
}

/** A maintenance window that opens some times in the minutes of a history, or never. */
export function drawWindow(entropy: Chance): { cron: string; duration_s: number; time_zone: string } {
  return {
    cron: pick(entropy, ['* * * * *', '*/2 * * * *', '0 3 1 1 *'], 'cron'),
    duration_s: pick(entropy, [20, 30, 60], 'window-length'),
    time_zone: pick(entropy, ['UTC', 'Europe/Berlin', 'Asia/Kolkata'], 'zone'),
  };
}

function drawTarget(entropy: Chance, devices: readonly SceneDevice[]): object {
  const filter = (): object => ({
    filter: weighted<object>(
      entropy,
      [
        [{ model: pick(entropy, MODELS, 'model') }, 3],
        [{ version: '<2.0.0' }, 4],
        [{ online: true }, 1],
      ],
      'filter',
    ),
  });
  const named = (): object => ({
    devices: [...new Set([0, 1, 2].map(() => pick(entropy, devices, 'target').device_id))],
  });
  const kind = weighted(
    entropy,
    [
      ['fleet', 5],
      ['devices', 2],
      ['filter', 4],
    ] as const,
    'target-kind',
  );
  return kind === 'fleet' ? { fleet: pick(entropy, FLEETS, 'fleet') } : kind === 'devices' ? named() : filter();
}

function drawStrategy(entropy: Chance): object {
  const soak_s = (): number => pick(entropy, [0, 5, 10, 20], 'soak');
  const rolling = (): object => ({
    type: 'rolling',
    ...pick(entropy, [{ batch_size: 1 }, { batch_size: 2 }, { batch_percent: 40 }], 'batch'),
    ...(chance(entropy, 0.3, 'pause-between') && { pause_between_s: 5 }),
  });
  const threshold = (): object =>
    chance(entropy, 0.5, 'threshold') ? { success_percent: pick(entropy, [50, 100], 'percent') } : {};
  switch (
    weighted(
      entropy,
      [
        ['all_at_once', 1],
        ['rolling', 3],
        ['canary', 4],
        ['staged', 2],
      ] as const,
      'strategy',
    )
  ) {
    case 'all_at_once':
      return { type: 'all_at_once' };
    case 'rolling':
      return rolling();
    case 'canary': {
      const then = chance(entropy, 0.5, 'then') ? { then: rolling() } : {};
      return {
        type: 'canary',
        count: integerBetween(entropy, 1, 3, 'canary'),
        soak_s: soak_s(),
        ...threshold(),
        ...then,
      };
    }
    case 'staged': {
      const wave = (percent: number): object => ({ percent, soak_s: soak_s(), ...threshold() });
      return { type: 'staged', waves: pick(entropy, [[20, 80], [10, 40, 50], [50]], 'stages').map(wave) };
    }
  }
}

function drawFailureGate(entropy: Chance): object {
  return {
    ...pick(entropy, [{ count: 1 }, { count: 2 }, { percent: 50 }, { percent: 34, min_finished: 2 }], 'gate'),
    ...(chance(entropy, 0.3, 'per') && { per: 'rollout' }),
    action: pick(entropy, ['pause', 'abort', 'rollback', 'rollback'], 'gate-action'),
  };
}
