import { deviceKey, type DeviceAddress } from '../devices/device-address.js';
import type { Clock } from '@edgeflow/runtime';
import { isWhole, owe, spend, wholeAllowance, type Allowance } from './event-allowance.js';

/** After so many looks the budgets of devices that were quiet for long are forgotten. */
const SWEEP_EVERY = 1_000;

/** What one device may have written, whichever of its sessions it is; by the steady clock: a machine's that is set back would stop its refill. */
export class DeviceBudget {
  allowance: Allowance;

  constructor(
    readonly per_minute: number,
    private readonly clock: Pick<Clock, 'steady_ms'>,
  ) {
    this.allowance = wholeAllowance(per_minute, clock.steady_ms());
  }

  /** @returns false, and nothing is spent, when there are not so many left */
  spend(events: number): boolean {
    const left = spend(this.allowance, events, { per_minute: this.per_minute, at: this.clock.steady_ms() });
    this.allowance = left ?? this.allowance;
    return left !== undefined;
  }

  /** For what is written whatever is left. */
  owe(events: number): void {
    this.allowance = owe(this.allowance, events, this.per_minute, this.clock.steady_ms());
  }
}

/** The budgets of all devices that were here lately: a device that comes again and again takes up where it left. */
export class DeviceBudgets {
  private readonly budgets = new Map<string, DeviceBudget>();
  private looks = 0;

  constructor(
    private readonly per_minute: number,
    private readonly clock: Pick<Clock, 'steady_ms'>,
  ) {}

  of(device: DeviceAddress): DeviceBudget {
    this.looks += 1;
    if (this.looks % SWEEP_EVERY === 0) this.sweep(this.clock.steady_ms());
    const key = deviceKey(device);
    const known = this.budgets.get(key);
    if (known) return known;
    const budget = new DeviceBudget(this.per_minute, this.clock);
    this.budgets.set(key, budget);
    return budget;
  }

  private sweep(at: number): void {
    for (const [key, { allowance }] of this.budgets) {
      if (isWhole(allowance, this.per_minute, at)) this.budgets.delete(key);
    }
  }
}
