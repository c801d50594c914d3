import { isWhole, owe, spend, wholeAllowance, type Allowance } from './event-allowance.js';
import type { DeviceAddress } from './tunnels.js';

/** After so many looks the budgets of devices that were quiet for long are forgotten. */
const SWEEP_EVERY = 1_000;

/** What one device may have written, whichever of its tunnels it is. */
export class DeviceBudget {
  allowance: Allowance;

  constructor(readonly per_minute: number) {
    this.allowance = wholeAllowance(per_minute, Date.now());
  }

  /** @returns false, and nothing is spent, when there are not so many left */
  spend(events: number): boolean {
    const left = spend(this.allowance, events, { per_minute: this.per_minute, at: Date.now() });
    this.allowance = left ?? this.allowance;
    return left !== undefined;
  }

  /** For what is written whatever is left. */
  owe(events: number): void {
    this.allowance = owe(this.allowance, events, this.per_minute, Date.now());
  }
}

/** The budgets of all devices that were here lately: a device that comes again and again takes up where it left. */
export class DeviceBudgets {
  private readonly budgets = new Map<string, DeviceBudget>();
  private looks = 0;

  constructor(private readonly per_minute: number) {}

  of({ org, device_id }: DeviceAddress): DeviceBudget {
    this.looks += 1;
    if (this.looks % SWEEP_EVERY === 0) this.sweep(Date.now());
    const key = `${org}/${device_id}`;
    const known = this.budgets.get(key);
    if (known) return known;
    const budget = new DeviceBudget(this.per_minute);
    this.budgets.set(key, budget);
    return budget;
  }

  private sweep(at: number): void {
    for (const [key, { allowance }] of this.budgets) {
      if (isWhole(allowance, this.per_minute, at)) this.budgets.delete(key);
    }
  }
}
