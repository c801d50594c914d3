import type { GateDecision } from '@edgeflow/contracts';
import {
  stateOf,
  sumOf,
  wasTold,
  type AcceptedRollout,
  type Counts,
  type Member,
  type RolloutState,
} from '@edgeflow/rollout';

/** Devices by how they stand, and how many of them were told at all, whatever came of it: who was hit. */
export type Numbers = Counts & { told: number };

/** One wave of a run. */
export interface RunWave extends Numbers {
  index: number;
  eligible: number;
  /** Seconds from the start of the rollout until its devices had ended. */
  completed_after_s: number | null;
  /** What its success gate said. */
  gate: GateDecision | null;
}

/** Where a gate stopped a rollout. */
export interface Stop {
  wave: number;
  /** Seconds from the start of the rollout. */
  after_s: number;
  gate: GateDecision;
}

/** How far a rollout came, recorded or simulated. */
export interface Run extends Numbers {
  state: RolloutState;
  stop: Stop | null;
  /** Seconds from the start of the rollout until the moment that this speaks of. */
  after_s: number;
  waves: RunWave[];
}

/** Sums up a rollout at a moment. @param started_ms since 1970, as `now_ms` */
export function runOf(
  rollout: AcceptedRollout,
  members: Iterable<Member>,
  { started_ms, now_ms, stop }: { started_ms: number; now_ms: number; stop: GateDecision | undefined },
): Run {
  const told = rollout.waves.map(() => 0);
  for (const member of members) if (wasTold(member)) told[member.wave] = (told[member.wave] ?? 0) + 1;
  const after_s = secondsBetween(started_ms, now_ms);
  const waves = rollout.waves.map((wave, index) => ({
    ...{ index, eligible: wave.eligible, told: told[index] ?? 0, ...wave.counts },
    completed_after_s: wave.status === 'completed' ? secondsBetween(started_ms, Date.parse(wave.completed_at)) : null,
    gate: wave.status === 'completed' ? (wave.gate ?? null) : null,
  }));
  return {
    state: stateOf(rollout),
    stop: stop ? { wave: stop.wave, after_s, gate: stop } : null,
    ...{ after_s, told: told.reduce((sum, n) => sum + n, 0) },
    ...sumOf(rollout.waves),
    waves,
  };
}

function secondsBetween(from_ms: number, to_ms: number): number {
  return Math.max(0, to_ms - from_ms) / 1000;
}
