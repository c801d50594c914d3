/** Who needs a firmware, in numbers. */
export interface FirmwareUse {
  /** Devices that run it, or may yet come up on it. */
  running: number;
  /** Devices whose rollback would lead to it. */
  may_go_back: number;
  /** Devices with an open update to it. */
  updates: number;
  /** Rollouts that have not ended and want it. */
  rollouts: number;
}

/** True for a firmware that somebody needs: it is not deleted. */
export function isInUse({ running, may_go_back, updates, rollouts }: FirmwareUse): boolean {
  return running + may_go_back + updates + rollouts > 0;
}
