import type { Answer } from '@edgeflow/client';
import type { WaitingFor } from '@edgeflow/rollout';

/** Why a rollout does not go on; before it was decided on, it waits for that. */
export type Waiting = WaitingFor | { reason: 'decision' };

type Answered = Answer<'/query/v1/rollouts/{rollout_id}', 'get'>;

/** A rollout as the origin answers for it; the demo prints all of it. */
export type Rollout = Omit<Answered, 'waiting_for'> & { waiting_for: Waiting[] };

/** One wave of it. */
export type Wave = Answered['waves'][number];

/** What a dry run answers. */
export type Plan = Extract<Answer<'/orchestrator/v1/rollouts', 'post'>, { waves: unknown }>;

/** One wave, and whether it is one of the rollback. */
export interface PlacedWave {
  back: boolean;
  wave: Wave;
}

/** The waves of the way out, then those of the rollback. */
export function wavesOf({ waves, rollback }: Rollout): PlacedWave[] {
  const back = rollback?.waves ?? [];
  return [...waves.map((wave) => ({ back: false, wave })), ...back.map((wave) => ({ back: true, wave }))];
}

/** Nothing more happens by itself. A paused one waits for a person, and in the demo there is none. */
export function hasEnded({ state }: Rollout): boolean {
  return ['completed', 'aborted', 'rolled_back', 'rollback_incomplete', 'rejected', 'paused'].includes(state);
}
