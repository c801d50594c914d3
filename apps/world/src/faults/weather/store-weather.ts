import type { StoreFault, StoreFaults, StoreRequest } from '@edgeflow/object-store/memory';
import type { Clock } from '@edgeflow/runtime';
import type { SeededEntropy } from '@edgeflow/simulation';
import { Conditions, concerns } from './conditions.js';

/** What is out of order at the object store, or on the ways to it. */
export interface StoreCondition {
  /** Whose requests; default: everybody's. */
  by?: string | undefined;
  fault?: StoreFault;
  /** A request takes up to so much longer, in milliseconds. */
  slower_ms?: number;
  /** Nothing passes until then. */
  healed?: Promise<void>;
  /** An answer is lost. */
  loses?: boolean;
  /** What becomes of a piece of a body. */
  piece?: 'cut' | 'altered';
  /** How often it strikes, from 0 to 1. Default: always. */
  share?: number;
}

/** How the object store is, and the ways to it. */
export class StoreWeather implements StoreFaults {
  readonly conditions = new Conditions<StoreCondition>();

  /** @param clock of the network */
  constructor(
    private readonly clock: Clock,
    private readonly entropy: SeededEntropy,
  ) {}

  async arrives(request: StoreRequest): Promise<StoreFault | undefined> {
    if (this.conditions.isNone) return undefined;
    const isAway = ({ by, healed }: StoreCondition): boolean => healed !== undefined && concerns(by, request.by);
    for (let found = this.conditions.find(isAway); found; found = this.conditions.find(isAway)) await found.healed;
    const slower = this.conditions.sum(({ by, slower_ms = 0 }) => (concerns(by, request.by) ? slower_ms : 0));
    if (slower > 0) await this.clock.sleep(slower * this.entropy.random('slow'));
    return this.struck(request, ({ fault }) => fault !== undefined)?.fault;
  }

  async answered(request: StoreRequest): Promise<'lost' | undefined> {
    if (this.conditions.isNone) return undefined;
    return this.struck(request, ({ loses }) => loses === true) ? 'lost' : undefined;
  }

  async piece(request: StoreRequest): Promise<'cut' | 'altered' | undefined> {
    if (this.conditions.isNone) return undefined;
    return this.struck(request, ({ piece }) => piece !== undefined)?.piece;
  }

  private struck(request: StoreRequest, isSo: (condition: StoreCondition) => boolean): StoreCondition | undefined {
    const found = this.conditions.find((condition) => isSo(condition) && concerns(condition.by, request.by));
    return found && (found.share === undefined || this.entropy.random('struck') < found.share) ? found : undefined;
  }
}
