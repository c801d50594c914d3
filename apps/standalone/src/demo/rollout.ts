import type { RolloutResource, RolloutState, WaitingFor, WaveResource } from '@edgeflow/rollout';

/** Why a rollout does not go on; before it was decided on, it waits for that. */
export type Waiting = WaitingFor | { reason: 'decision' };

/** A rollout as the origin answers for it; the demo prints all of it. */
export interface Rollout extends Omit<RolloutResource, 'state' | 'strategy' | 'waiting_for'> {
  state: RolloutState | 'requested';
  /** Null before it was decided on, and when it was rejected. */
  strategy: RolloutResource['strategy'] | null;
  waiting_for: Waiting[];
  position: number;
  /** Why it was rejected. */
  detail: string | null;
}

/** What a dry run answers. */
export interface Plan {
  version: string;
  eligible: number;
  excluded: Record<string, number>;
  waves: { index: number; eligible: number; soak_s: number; success_percent?: number }[];
}

/** One wave, and whether it is one of the way back. */
export interface PlacedWave {
  back: boolean;
  wave: WaveResource;
}

/** The waves of the way out, then those of the way back. */
export function wavesOf({ waves, rollback }: Rollout): PlacedWave[] {
  const back = rollback?.waves ?? [];
  return [...waves.map((wave) => ({ back: false, wave })), ...back.map((wave) => ({ back: true, wave }))];
}

/** Nothing more happens by itself. A paused one waits for a person, and in the demo there is none. */
export function hasEnded({ state }: Rollout): boolean {
  return ['completed', 'aborted', 'rolled_back', 'rejected', 'paused'].includes(state);
}
