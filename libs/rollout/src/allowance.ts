import type { Stage } from '@edgeflow/contracts';
import { postponedIn } from './choices.js';
import { inFlightIn, wavesIn } from './placement.js';
import { RATE_WINDOW_S } from './rollout.evolve.js';
import type { AcceptedRollout, Rollout } from './rollout.state.js';
import { isAccepted } from './rollout.state.js';
import { windowAt } from './window.js';

/** How many devices may be told now, and of which waves. */
export interface Allowance {
  stage: Stage;
  /** Waves that run, in order. */
  waves: readonly number[];
  devices: number;
  /** While the rollout's window is closed: only devices that have put their update off are told, again. */
  closed?: true;
}

/** What the limits leave free now. */
export interface Room {
  /** Devices that work on their update, or could. */
  in_flight: number;
  /** Slots that `max_in_flight` leaves; undefined without that limit. */
  slots?: number;
  told_last_minute: number;
  /** Devices that `max_per_minute` leaves; undefined without that limit. */
  rate?: number;
  /** When the rate leaves more again, in milliseconds since 1970. */
  rate_frees_at?: number;
}

/** What a rollout's limits leave free. Slots are never below 0, even where a limit was met exactly by devices of both stages. */
export function roomOf(rollout: AcceptedRollout, at: Date): Room {
  const { max_in_flight, max_per_minute } = rollout.spec.limits ?? {};
  const in_flight = inFlightIn(rollout) - postponedIn(rollout);
  const oldest = at.getTime() / 1000 - RATE_WINDOW_S;
  // A second counts until it is over for a whole minute: within any 60 seconds there are never more than the limit.
  const recent = rollout.dispatched.filter(({ second }) => second + 1 > oldest);
  const told_last_minute = recent.reduce((sum, { devices }) => sum + devices, 0);
  const frees = Math.min(...recent.map(({ second }) => (second + 1 + RATE_WINDOW_S) * 1000));
  return {
    ...{ in_flight, told_last_minute },
    ...(max_in_flight !== undefined && { slots: Math.max(0, max_in_flight - in_flight) }),
    ...(max_per_minute !== undefined && { rate: Math.max(0, max_per_minute - told_last_minute) }),
    ...(max_per_minute !== undefined && recent.length > 0 && { rate_frees_at: frees }),
  };
}

/**
 * The devices that a rollout may tell now, those among them that somebody had it tell later; undefined when none, for whatever reason. A rollback waits for no
 * maintenance window, nor does who chose the time.
 */
export function allowanceOf(rollout: Rollout, at: Date): Allowance | undefined {
  if (!isAccepted(rollout)) return undefined;
  const stage = stageNow(rollout);
  if (!stage) return undefined;
  const { window } = rollout.spec;
  const closed = stage === 'forward' && window !== undefined && !windowAt(window, at).open;
  const waves = wavesIn(rollout, stage).flatMap((wave, index) => {
    const { counts, postponed = 0 } = wave;
    return wave.status === 'running' && (closed ? 0 : counts.waiting) + postponed > 0 ? [index] : [];
  });
  const { slots = Infinity, rate = Infinity } = roomOf(rollout, at);
  const devices = Math.min(slots, rate);
  return waves.length > 0 && devices > 0 ? { stage, waves, devices, ...(closed && { closed }) } : undefined;
}

function stageNow({ status }: AcceptedRollout): Stage | undefined {
  if (status === 'running') return 'forward';
  return status === 'rolling_back' ? 'rollback' : undefined;
}
