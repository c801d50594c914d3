import type { Clock } from '@edgeflow/runtime';
import { deviceKey, type DeviceAddress } from '../../devices/device-address.js';

/** What the log has not answered it may store within so long, in milliseconds: servers that find no quorum agree on it later. */
const LATE_MS = 30_000;

/** A device whose hello the log has not answered, and when. */
export interface Unanswered {
  device: DeviceAddress;
  at_ms: number;
}

/** Devices that were sent away since the log did not answer that they are there. It may have stored that, or store it later: nobody would say goodbye. */
export class UnansweredHellos {
  private readonly last = new Map<string, Unanswered>();

  constructor(private readonly clock: Clock) {}

  /** A hello was not answered. */
  note({ org, device_id }: DeviceAddress): void {
    const device = { org, device_id };
    this.last.set(deviceKey(device), { device, at_ms: this.clock.steady_ms() });
  }

  /** Those of which the log has by now whatever it will ever have. */
  due(): Unanswered[] {
    const late_ms = this.clock.steady_ms() - LATE_MS;
    return [...this.last.values()].filter(({ at_ms }) => at_ms <= late_ms);
  }

  /** They were looked at. Who was not answered once more meanwhile stays. */
  looked(looked: readonly Unanswered[]): void {
    for (const one of looked) {
      const key = deviceKey(one.device);
      if (this.last.get(key) === one) this.last.delete(key);
    }
  }
}
