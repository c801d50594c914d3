/** Milliseconds since 1970, each. */
export interface Clocks {
  /** The device's own clock. */
  own: number;
  /** What the cloud says; absent until it has. */
  cloud: number | undefined;
}

/** The time that expiry is judged by, and whose it is. */
export interface Moment {
  at: number;
  by: string;
}

/** No device runs this agent before: an own clock that says so is none. */
const FIRST_MS = Date.parse('2026-01-01T00:00:00Z');
/** Clocks that are no further apart bear each other out. */
const TOLERANCE_MS = 24 * 3_600_000;

/**
 * What has passed already can only be more than each of the three says: no clock, and no cloud in wrong hands, brings an expired
 * manifest back by saying less. Pure.
 * @param floor the latest time that the device has booked
 */
export function momentOf(floor: number, { own, cloud = 0 }: Clocks): Moment {
  const at = Math.max(floor, own, cloud);
  if (at === own) return { at, by: "this device's clock" };
  return { at, by: at === cloud ? "the cloud's clock" : 'the latest time that this device has seen' };
}

/**
 * The floor after a look at the clocks. What is booked counts for ever, so that it takes two: the later of two clocks that agree, the
 * earlier of two that do not. One that is far ahead, the cloud's or the device's, is heard as long as it says so and not booked. A device
 * whose own clock is lost (before 2026, or more than a day behind the floor) has the cloud's word alone. Pure.
 */
export function floorAfter(floor: number, { own, cloud }: Clocks): number {
  if (cloud === undefined) return floor;
  const isLost = own < Math.max(FIRST_MS, floor - TOLERANCE_MS);
  const agree = Math.abs(own - cloud) <= TOLERANCE_MS;
  const passed = isLost ? cloud : agree ? Math.max(own, cloud) : Math.min(own, cloud);
  return Math.max(floor, passed);
}
