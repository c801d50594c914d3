/** How often a fold does what nobody asks it for, in milliseconds. */
export interface FoldPace {
  /** How often a standby asks for the lease and the leader renews it. */
  beat_ms: number;
  /** How long a lease holds that is not renewed: a standby takes over so long after the leader's last step. Some beats. */
  lease_ms: number;
  /** How often it is looked whether the fold gets on. */
  look_ms: number;
}

/** Of a service (ADR 0026). */
export const FOLD_PACE: FoldPace = { beat_ms: 1_000, lease_ms: 6_000, look_ms: 1_000 };
