import { chance } from './chance.js';
import type { SeededEntropy } from './seeded-entropy.js';

/** One kind of fault, and how bad it can be. */
export interface FaultKind {
  /** In what share of histories it is on. Default: 0.5. */
  on?: number;
  /** The least and the most of its rate: how often it strikes when it could, or what the world takes it for. */
  rate: readonly [least: number, most: number];
}

/**
 * Which faults there are in one history, and how bad each is. Each history has some and not others: faults that are always there at once hide
 * one another (Groce and others, Swarm Testing, ISSTA 2012). A kind that is left out changes nothing for the others.
 */
export class FaultPlan<Kind extends string> {
  private readonly faults = new Map<Kind, { rate: number; entropy: SeededEntropy }>();

  private constructor(entropy: SeededEntropy, kinds: Readonly<Record<Kind, FaultKind>>, on: readonly string[]) {
    for (const kind of (Object.keys(kinds) as Kind[]).filter((name) => on.includes(name))) {
      const own = entropy.child(`fault ${kind}`);
      this.faults.set(kind, { rate: between(own.random('rate'), kinds[kind].rate), entropy: own });
    }
  }

  /** The kinds that a seed turns on. */
  static draw<Kind extends string>(entropy: SeededEntropy, kinds: Readonly<Record<Kind, FaultKind>>): Kind[] {
    const names = Object.keys(kinds) as Kind[];
    return names.filter((kind) => chance(entropy.child(`swarm ${kind}`), kinds[kind].on ?? 0.5, 'on'));
  }

  /** @param faults the kinds that are on, as a scenario names them. @throws RangeError when there is no such kind */
  static of<Kind extends string>(
    entropy: SeededEntropy,
    kinds: Readonly<Record<Kind, FaultKind>>,
    faults: readonly string[],
  ): FaultPlan<Kind> {
    const unknown = faults.find((fault) => !(fault in kinds));
    if (unknown !== undefined) throw new RangeError(`no such fault: ${unknown}`);
    return new FaultPlan(entropy, kinds, faults);
  }

  /** Those that are on. */
  get on(): Kind[] {
    return [...this.faults.keys()];
  }

  /** 0 when it is off. */
  rate(kind: Kind): number {
    return this.faults.get(kind)?.rate ?? 0;
  }

  /** Whether it strikes this time. Nothing is drawn for one that is off. */
  strikes(kind: Kind, reason: string = kind): boolean {
    const fault = this.faults.get(kind);
    return fault !== undefined && chance(fault.entropy, fault.rate, reason);
  }
}

/** As often from 0.001 to 0.01 as from 0.01 to 0.1: what matters of a rate is its order of magnitude. */
function between(drawn: number, [least, most]: readonly [number, number]): number {
  return least > 0 ? least * (most / least) ** drawn : least + (most - least) * drawn;
}
