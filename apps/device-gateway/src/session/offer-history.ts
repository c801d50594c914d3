import { deviceKey, type DeviceAddress } from '../devices/device-address.js';

/** How often a device was offered one update, and when last, in milliseconds of the steady clock: by one that is set back it would wait for hours. */
interface Offers {
  update_id: string;
  count: number;
  last: number;
}

/** So often a device is offered it at once: it may have lost its connection, or its power. */
const AT_ONCE = 3;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 300_000;
/** A device that was offered nothing for so long has begun anew, in milliseconds. */
const FORGOTTEN_MS = 1_800_000;
/** Between two looks for what is forgotten, in offers. */
const SWEEP_EVERY = 1_000;

/**
 * From when on a device may be offered its update again, in milliseconds: at once the first times, then after 5 s, 10 s, and so on to 5 minutes. It is
 * what slows down a device that breaks its session over what it is offered, and flashes its image each time it comes back.
 */
function mayBeOfferedAt({ count, last }: Offers): number {
  return count < AT_ONCE ? last : last + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - AT_ONCE));
}

/** Which updates the devices of this gateway were offered lately. */
export class OfferHistory {
  private readonly offers = new Map<string, Offers>();
  private inAll = 0;

  /** How long a device has to wait until it is offered an update, in milliseconds. */
  waitMs(device: DeviceAddress, update_id: string, at: number): number {
    const offers = this.of(device, at);
    return offers?.update_id === update_id ? Math.max(0, mayBeOfferedAt(offers) - at) : 0;
  }

  /** True for a device that was offered an update here lately: it may come to say how that ended. */
  wasOffered(device: DeviceAddress, at: number): boolean {
    return this.of(device, at) !== undefined;
  }

  /** The device is offered it now. */
  offered(device: DeviceAddress, update_id: string, at: number): void {
    const before = this.of(device, at);
    const count = (before?.update_id === update_id ? before.count : 0) + 1;
    this.offers.set(deviceKey(device), { update_id, count, last: at });
    this.inAll += 1;
    if (this.inAll % SWEEP_EVERY === 0) this.sweep(at);
  }

  /** The device was told and answered: what it is offered then is no sign of a device that breaks over it. */
  postponed(device: DeviceAddress, update_id: string): void {
    const offers = this.offers.get(deviceKey(device));
    if (offers?.update_id === update_id) this.offers.set(deviceKey(device), { ...offers, count: 0 });
  }

  private of(device: DeviceAddress, at: number): Offers | undefined {
    const offers = this.offers.get(deviceKey(device));
    return offers && !isForgotten(offers, at) ? offers : undefined;
  }

  private sweep(at: number): void {
    for (const [key, offers] of this.offers) if (isForgotten(offers, at)) this.offers.delete(key);
  }
}

function isForgotten({ last }: Offers, at: number): boolean {
  return at - last > FORGOTTEN_MS;
}
