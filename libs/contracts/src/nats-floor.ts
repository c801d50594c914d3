/**
 * The lowest patch release of each line of nats-server that will do: it has what we stand on (ADR-0002), and no known advisory that
 * concerns us (docs/security.md). A line that is not here has no such release, but for those after the newest.
 */
const FLOORS: ReadonlyMap<string, number> = new Map([
  ['2.12', 7],
  ['2.14', 0],
]);
const NEWEST = [2, 14] as const;

/** The floors in words: `2.12.7, 2.14.0 or newer`. */
export const NATS_FLOOR = `${[...FLOORS].map(([line, patch]) => `${line}.${patch}`).join(', ')} or newer`;

/** Where NATS publishes its advisories. */
export const NATS_ADVISORIES = 'https://advisories.nats.io';

/** True when a server of this version may be used. A pre-release of a floor is older than the floor. */
export function meetsNatsFloor(version: string | undefined): boolean {
  const [, major, minor, patch, pre] = /^(\d+)\.(\d+)\.(\d+)(-.+)?$/.exec(version ?? '') ?? [];
  if (major === undefined || minor === undefined) return false;
  if (Number(major) !== NEWEST[0]) return Number(major) > NEWEST[0];
  if (Number(minor) > NEWEST[1]) return true;
  const floor = FLOORS.get(`${major}.${minor}`);
  if (floor === undefined) return false;
  return Number(patch) > floor || (Number(patch) === floor && pre === undefined);
}
