import type { About, Fault, MemoryLogFaults, Refusal, Step } from '@edgeflow/event-log/memory';
import type { SeededEntropy } from '@edgeflow/simulation';
import { Conditions, concerns } from './conditions.js';

/** What is out of order at the log's server, or on the ways to it. */
export interface LogCondition {
  /** Whose way; default: everybody's. */
  node?: string | undefined;
  /** What is lost, or held. */
  loses?: readonly Fault[];
  /** How much of that, from 0 to 1. Default: all. */
  share?: number;
  refuses?: Refusal;
  /** What is refused. Default: everything. */
  of?: 'publishes';
  /** These steps take up to so much longer, in milliseconds. */
  slower?: { steps: readonly Step[]; ms: number };
  /** A replica that answers is behind by what was stored in so many milliseconds. */
  behind_ms?: number;
}

/** How the log's server is, and the ways to it. */
export class LogWeather implements MemoryLogFaults {
  readonly conditions = new Conditions<LogCondition>();

  /**
   * @param usual how long a step takes when nothing is out of order, in milliseconds
   * @param storedWithin how many messages were stored within so many milliseconds
   */
  constructor(
    private readonly usual: (step: Step) => number,
    private readonly storedWithin: (ms: number) => number,
    private readonly entropy: SeededEntropy,
  ) {}

  delay_ms(step: Step, { node }: About): number {
    const usual = this.usual(step);
    if (this.conditions.isNone) return usual;
    const more = this.conditions.sum(({ slower, node: wanted }) =>
      slower?.steps.includes(step) && concerns(wanted, node) ? slower.ms : 0,
    );
    return more === 0 ? usual : usual + more * this.entropy.random('slow');
  }

  strikes(fault: Fault, { node }: About): boolean {
    if (this.conditions.isNone) return false;
    const found = this.conditions.find(
      ({ loses, node: wanted }) => loses?.includes(fault) === true && concerns(wanted, node),
    );
    return found !== undefined && (found.share === undefined || this.entropy.random(fault) < found.share);
  }

  refuses({ node, what }: About): Refusal | undefined {
    if (this.conditions.isNone) return undefined;
    const found = this.conditions.find(
      ({ refuses, of, node: wanted }) =>
        refuses !== undefined && concerns(wanted, node) && (of === undefined || isPublish(what)),
    );
    if (!found || (found.share !== undefined && this.entropy.random('refused') >= found.share)) return undefined;
    return found.refuses;
  }

  behind({ node }: About): number {
    if (this.conditions.isNone) return 0;
    const ms = this.conditions.sum(({ behind_ms = 0, node: wanted }) => (concerns(wanted, node) ? behind_ms : 0));
    return ms === 0 ? 0 : this.storedWithin(ms * this.entropy.random('behind'));
  }
}

/** A call of the API has a verb before what it is about. */
function isPublish(what: string): boolean {
  return !what.includes(' ');
}
