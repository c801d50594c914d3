import { stepsIn, type StoredEvent } from '@edgeflow/contracts';

/**
 * A promise that is looked after while a log grows. It has a fold of its own, made from what the docs say in words: with the product's fold it
 * would find the product right, whatever that did.
 */
export interface Invariant {
  /** The promise, in a few words. */
  readonly name: string;

  /** One more event of the log, in its order. @returns what does not hold any more, each in a line */
  observe(event: StoredEvent): readonly string[];

  /** Nothing more comes, and whatever was due had its time. @returns what should have come and has not, each in a line */
  end(now: Date): readonly string[];
}

/** Something that does not hold. */
export interface Violation {
  invariant: string;
  /** Where in the log that shows; absent for what has not come. */
  position?: number;
  what: string;
}

/** Looks after several promises at once. */
export class Watch {
  constructor(private readonly invariants: readonly Invariant[]) {}

  /** One more event of the log. What was accepted and told in one event the promises hear as both. */
  observe(event: StoredEvent): Violation[] {
    const { position, type, org, entity, entity_id } = event;
    const steps = stepsIn(event);
    return this.invariants.flatMap((one) =>
      steps
        .flatMap((step) => one.observe(step))
        .map((what) => ({
          ...{ invariant: one.name, position },
          what: `${type} of ${org}/${entity}/${entity_id}: ${what}`,
        })),
    );
  }

  /** The history is over. */
  end(now: Date): Violation[] {
    return this.invariants.flatMap((one) => one.end(now).map((what) => ({ invariant: one.name, what })));
  }
}

/** A violation in a line. */
export function lineOf({ invariant, position, what }: Violation): string {
  return `${invariant}: ${position === undefined ? '' : `position ${position}: `}${what}`;
}

/** Ids are unique in an organization alone. */
export function within({ org }: { org: string }, id: string): string {
  return `${org}/${id}`;
}

/** The value of a key, made where there is none. */
export function at<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
