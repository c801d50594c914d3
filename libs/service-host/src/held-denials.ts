import type { Clock } from '@edgeflow/runtime';
import type { Actor, AuditedAction } from './audited-action.js';
import { WindowCounters } from './window-counters.js';

/** How many denials of one caller are recorded in a window. */
export interface DenialLimit {
  denials: number;
  window_ms: number;
}

/** A trail that can be flooded hides what matters. */
const DENIAL_LIMIT: DenialLimit = { denials: 60, window_ms: 60_000 };

/** The last of a caller's denials that were held back, and how many came before it. */
export interface HeldDenial {
  actor: Actor;
  action: AuditedAction;
  before: number;
}

/** Denials that come too fast: of each caller the last one is kept, and their number. */
export class HeldDenials {
  private readonly counted: WindowCounters;
  private readonly held = new Map<string, HeldDenial>();

  /** @param tell takes what was held back, at the end of the window */
  constructor(
    private readonly clock: Clock,
    private readonly tell: (denial: HeldDenial) => void,
    private readonly limit: DenialLimit = DENIAL_LIMIT,
  ) {
    this.counted = new WindowCounters(clock, limit.window_ms);
  }

  /**
   * Counts a denial.
   * @param always that it be held back, be it the first
   * @returns whether it is held back
   */
  holds(actor: Actor, action: AuditedAction, always: boolean): boolean {
    const { count, resets_in_ms } = this.counted.add(actor.name);
    if (count <= this.limit.denials && !always) return false;
    if (this.held.size === 0) this.clock.after(resets_in_ms, () => this.release(), { ref: false });
    const before = this.held.get(actor.name)?.before ?? -1;
    this.held.set(actor.name, { actor, action, before: before + 1 });
    return true;
  }

  /** How many denials of a caller are held back: they count with its next action from now on. */
  take(name: string): number {
    const held = this.held.get(name);
    this.held.delete(name);
    return held ? held.before + 1 : 0;
  }

  /** Tells what is held back. */
  release(): void {
    const held = [...this.held.values()];
    this.held.clear();
    held.forEach(this.tell);
  }
}
