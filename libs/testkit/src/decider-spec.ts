import { isDeepStrictEqual } from 'node:util';
import { AssertionError } from 'node:assert';
import { Refused, decisionIn, entityOf, isUnread, toEvent } from '@edgeflow/contracts';
import type {
  Decided,
  Decider,
  ErrorCode,
  EventName,
  EventRef,
  Fact,
  StoredEvent,
  UnreadEvent,
} from '@edgeflow/contracts';

/** Something that happened before: a fact, which is put at the next position, or an event, in its envelope already. */
export type Past<Seen extends EventName> = Fact<Seen> | StoredEvent<Seen> | UnreadEvent;

/** What may be said of the outcome of a command. */
export interface Outcome<F extends Fact> {
  /** Exactly these facts, in this order. Payloads are compared by value, whatever their class. */
  then(expected: readonly F[]): void;
  /** Facts of these names, in this order; whoever wants to see more of them looks at `facts()`. */
  thenTypes(expected: readonly F['type'][]): void;
  /** Refused with this code, returned or thrown. */
  thenRefused(code: ErrorCode): Refused;
  /** No facts, and no refusal either. */
  thenNothing(): void;
  /** The facts, for a closer look. @throws Refused when the command was refused */
  facts(): readonly F[];
  /** What the decider says that led to them, and what makes their ids; neither where it leaves that to who asks. @throws Refused as `facts` */
  grounds(): { cause?: EventRef; key?: string };
}

export interface Given<State, Command, F extends Fact> {
  state: State;
  when(command: Command): Outcome<F>;
}

const AT = '2026-02-21T12:00:00.000Z';

/** Given/when/then over a decider: `spec(decider).given([queued]).when(report).then([completed])`. */
export function spec<State, Command, F extends Fact, Seen extends EventName = F['type']>(
  decider: Decider<State, Command, F, Seen>,
) {
  const inState = (state: State): Given<State, Command, F> => ({
    state,
    when: (command) => outcomeOf(() => decider.decide(command, state)),
  });
  return {
    /** Where the state is folded by others too, e.g. counts of what stands in other streams. */
    inState,
    /** From what happened on its streams, oldest first. */
    given(history: readonly Past<Seen>[]): Given<State, Command, F> {
      return inState(
        history.map(stored).reduce((state, event) => {
          if (isUnread(event)) return decider.pass ? decider.pass(state, event) : state;
          const isTaken = (decider.takes as readonly EventName[] | undefined)?.includes(event.type) ?? true;
          return isTaken ? decider.evolve(state, event as StoredEvent<Seen>) : state;
        }, decider.initial),
      );
    },
  };
}

function stored(given: unknown, index: number): StoredEvent | UnreadEvent {
  const past = given as Fact | StoredEvent | UnreadEvent;
  if ('position' in past) return past;
  const stream = { org: 'acme', entity: entityOf(past.type), entity_id: 'id_1' };
  const position = index + 1;
  return { ...toEvent(stream, past, { id: `evt_${position}`, source: '/spec', time: AT }), position };
}

function outcomeOf<F extends Fact>(decide: () => Decided<F>): Outcome<F> {
  const result = resultOf(decide);
  const decision = () => {
    if (result instanceof Refused) throw result;
    return decisionIn(result);
  };
  const facts = (): readonly F[] => decision().facts;
  return {
    facts,
    grounds: () => {
      const { cause, key } = decision();
      return { ...(cause && { cause }), ...(key !== undefined && { key }) };
    },
    then: (expected) => same(facts(), expected),
    thenTypes: (expected) =>
      same(
        facts().map(({ type }) => type),
        expected,
      ),
    thenNothing: () => same(facts(), []),
    thenRefused: (code) => {
      if (!(result instanceof Refused)) return fail(`expected a refusal with ${code}`, result, code);
      if (result.code !== code) return fail(`refused with ${result.code} (${result.detail})`, result.code, code);
      return result;
    },
  };
}

function resultOf<F extends Fact>(decide: () => Decided<F>): Decided<F> {
  try {
    return decide();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

function same(actual: readonly unknown[], expected: readonly unknown[]): void {
  const plain = (values: readonly unknown[]): unknown => JSON.parse(JSON.stringify(values));
  if (!isDeepStrictEqual(plain(actual), plain(expected))) fail('the facts differ', plain(actual), plain(expected));
}

/** vitest shows `actual` and `expected` of an AssertionError as a diff. */
function fail(message: string, actual: unknown, expected: unknown): never {
  throw new AssertionError({ message, actual, expected, operator: 'deepStrictEqual', stackStartFn: fail });
}
