import { unreachable, type RolloutSpec, type RolloutStrategy } from '@edgeflow/contracts';
import type { FleetOptions } from './options.js';
import { DEVICE, NEW_VERSION } from './scene.js';

/** Long enough to be seen, short enough to be sat through. */
const SOAK_S = 4;
/** The same where something is to happen in it. */
const EVENTFUL_SOAK_S = 15;
const PAUSE_S = 2;
const SUCCESS_PERCENT = 95;
/** The failures of a wave that turn the rollout round. */
const FAILURE_PERCENT = 20;
/** Of the first wave so many must have ended before their share of failures says something. */
const MIN_FINISHED_PERCENT = 80;

/** The rollout to ask for: the strategy with parameters for so many devices, and gates that roll back by themselves. */
export function specOf({ devices, strategy: type, reverts }: FleetOptions): RolloutSpec {
  const strategy = strategyOf(type, devices, reverts ? EVENTFUL_SOAK_S : SOAK_S);
  const min_finished = share(firstWave(strategy, devices), MIN_FINISHED_PERCENT);
  return {
    version: NEW_VERSION,
    target: { fleet: DEVICE.fleet },
    strategy,
    failure: { percent: FAILURE_PERCENT, min_finished, action: 'rollback' },
    // All at once still is never more than so many devices out of service.
    ...(type === 'all_at_once' && { limits: { max_in_flight: share(devices, 25) } }),
  };
}

function strategyOf(type: FleetOptions['strategy'], devices: number, soak_s: number): RolloutStrategy {
  const soak = { soak_s, success_percent: SUCCESS_PERCENT };
  switch (type) {
    case 'all_at_once':
      return { type };
    case 'rolling':
      return { type, batch_percent: 20, pause_between_s: PAUSE_S };
    case 'canary': {
      const then: RolloutStrategy = { type: 'rolling', batch_percent: 30, pause_between_s: PAUSE_S };
      return { type, count: canaryOf(devices), ...soak, then };
    }
    case 'staged':
      return { type, waves: [10, 20, 30].map((percent) => ({ percent, ...soak })) };
    default:
      return unreachable(type);
  }
}

/** A tenth, and of a small fleet enough devices to judge by. */
function canaryOf(devices: number): number {
  return Math.max(share(devices, 10), Math.min(20, share(devices, 34)));
}

function firstWave({ type, count, batch_percent, waves }: RolloutStrategy, devices: number): number {
  if (type === 'all_at_once') return share(devices, 25);
  return count ?? share(devices, batch_percent ?? waves?.[0]?.percent ?? 100);
}

/** So many percent of the devices, rounded up. */
function share(devices: number, percent: number): number {
  return Math.ceil((devices * percent) / 100);
}
