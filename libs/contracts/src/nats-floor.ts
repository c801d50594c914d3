import { satisfies } from 'semver';

/**
 * The lowest patch release of each line of nats-server that will do: it has what we stand on (ADR-0002), and no known advisory that
 * concerns us (docs/security.md). A line that is not here has no such release, but for those after the newest.
 */
const [OLDER, NEWEST] = ['2.12.7', '2.14.0'];

/** The floors in words. */
export const NATS_FLOOR = `${OLDER}, ${NEWEST} or newer`;

/** Where NATS publishes its advisories. */
export const NATS_ADVISORIES = 'https://advisories.nats.io';

/** True when a server of this version may be used. A pre-release of a floor is older than the floor. */
export function meetsNatsFloor(version = ''): boolean {
  return satisfies(version, `~${OLDER} || >=${NEWEST}`, { includePrerelease: true });
}
