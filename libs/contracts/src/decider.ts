import { Refused } from './errors.js';
import type { Envelope, EventName, Fact, StoredEvent } from './events.js';
import type { Entity } from './subjects.js';
import type { UnreadEvent } from './unread.js';

/** Which event something was learnt from: what a decision names as its cause. */
export type EventRef = Pick<Envelope, 'id' | 'correlation_id' | 'traceparent'>;

/** What is kept of an event that something was learnt from. */
export function refOf({ id, correlation_id, traceparent }: EventRef): EventRef {
  return { id, correlation_id, ...(traceparent && { traceparent }) };
}

/** Facts with what led to them, where the decider knows that better than who asks it: it goes on by itself, from what it has seen. */
export interface Decision<F extends Fact = Fact> {
  facts: readonly F[];
  cause: EventRef;
  /** Makes the ids of the facts, where not the position does on which they were decided: the same decision, made again after a crash, has the same ids. */
  key?: string;
}

/** What a command leads to. No facts: it is so already, or nothing is to be done now. */
export type Decided<F extends Fact = Fact> = readonly F[] | Decision<F> | Refused;

/**
 * A pure decider: what happened folds to a state, a command on it gives new facts or a refusal (CONTRIBUTING.md, "How we write"). No clock, no
 * random, no I/O: what it needs of them comes in with the command.
 */
export interface Decider<State, Command, F extends Fact = Fact, Seen extends EventName = F['type']> {
  readonly initial: State;
  /** Entities of which the newest event of each name says all: of their streams, which may be long, no other ones are read. Default: none. */
  readonly newest?: readonly Entity[];
  /** The events that the state is made of, where they are not all of its streams'. Others are passed over. */
  readonly takes?: readonly Seen[];
  /** Exhaustive over the events of its own entities, which are all that it is given. */
  readonly evolve: (state: State, event: StoredEvent<Seen>) => State;
  /** What an event of its streams makes of the state that this build cannot read: a revocation counts in whatever words. Default: nothing. */
  readonly pass?: (state: State, event: UnreadEvent) => State;
  readonly decide: (command: Command, state: State) => Decided<F>;
}

/** What was decided, in one form. @throws Refused the refusal, where it is one */
export function decisionIn<F extends Fact>(decided: Decided<F>): { facts: readonly F[] } & Partial<Decision<F>> {
  if (decided instanceof Refused) throw decided;
  return 'facts' in decided ? decided : { facts: decided };
}
