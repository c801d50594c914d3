import type { OrchestratorPace } from '@edgeflow/app-rollout-orchestrator/core';
import type { FoldPace } from '@edgeflow/fold';

/**
 * How often services of a world do what nobody asks them for. They do it as often, in a history of minutes, as theirs do within hours: what
 * they find is the same, and most of what a history would cost otherwise is looks that find nothing.
 */
const FOLD_PACE: FoldPace = { beat_ms: 8_000, lease_ms: 24_000, look_ms: 40_000 };

export const PACE = {
  orchestrator: { idle_ms: 6_000, fold: FOLD_PACE, inboxes: { look_ms: 15_000, beat_ms: 5_000 } },
  projection: FOLD_PACE,
  /** How often a process looks what others have made of the log. */
  log_look_ms: 30_000,
} as const satisfies { orchestrator: OrchestratorPace; projection: FoldPace; log_look_ms: number };
