/** Scans that one user can have under way at once, in all its processes together. */
export const SCANS = 8;

/** The name of a user's nth consumer for scans. */
export function scanName(user: string, slot: number): string {
  return `scan-${user}-${slot}`;
}
