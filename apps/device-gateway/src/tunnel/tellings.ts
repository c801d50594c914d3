import type { DeviceAddress } from './tunnels.js';

/** How often a device was told of one update, and when last, in milliseconds. */
export interface Telling {
  update_id: string;
  count: number;
  last: number;
}

/** So often a device is told at once: it may have lost its tunnel, or its power. */
const AT_ONCE = 3;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 300_000;
/** A device that was not told for so long has begun anew, in milliseconds. */
const FORGOTTEN_MS = 1_800_000;
/** Between two looks for what is forgotten, in tellings. */
const SWEEP_EVERY = 1_000;

/**
 * From when on a device may be told again, in milliseconds: at once the first times, then after 5 s, 10 s, and so on to 5 minutes. It is
 * what slows down a device that breaks its tunnel over what it is told, and flashes its image each time it comes back.
 */
export function mayBeToldAt({ count, last }: Telling): number {
  return count < AT_ONCE ? last : last + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - AT_ONCE));
}

/** Which updates the devices of this gateway were told of lately. */
export class Tellings {
  private readonly tellings = new Map<string, Telling>();
  private told_in_all = 0;

  /** How long a device has to wait until it is told of an update, in milliseconds. */
  waitMs(device: DeviceAddress, update_id: string, at: number): number {
    const telling = this.of(device, update_id, at);
    return telling ? Math.max(0, mayBeToldAt(telling) - at) : 0;
  }

  /** The device is told now. */
  told(device: DeviceAddress, update_id: string, at: number): void {
    const count = (this.of(device, update_id, at)?.count ?? 0) + 1;
    this.tellings.set(keyOf(device), { update_id, count, last: at });
    this.told_in_all += 1;
    if (this.told_in_all % SWEEP_EVERY === 0) this.sweep(at);
  }

  private of(device: DeviceAddress, update_id: string, at: number): Telling | undefined {
    const telling = this.tellings.get(keyOf(device));
    return telling?.update_id === update_id && !isForgotten(telling, at) ? telling : undefined;
  }

  private sweep(at: number): void {
    for (const [key, telling] of this.tellings) if (isForgotten(telling, at)) this.tellings.delete(key);
  }
}

function isForgotten({ last }: Telling, at: number): boolean {
  return at - last > FORGOTTEN_MS;
}

function keyOf({ org, device_id }: DeviceAddress): string {
  return `${org}/${device_id}`;
}
