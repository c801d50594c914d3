import { isDeepStrictEqual } from 'node:util';
import { AssertionError } from 'node:assert';
import { Refused, type ErrorCode, type Fact } from '@edgeflow/contracts';

/** A pure decider: what happened folds to a state, a command on it gives new facts or a refusal (STYLE.md rules 4 and 5). */
export interface Decider<State, Command, F extends Fact = Fact> {
  initial: State | (() => State);
  evolve: (state: State, fact: F) => State;
  decide: (command: Command, state: State) => readonly F[] | Refused;
}

/** What may be said of the outcome of a command. */
export interface Outcome<F extends Fact> {
  /** Exactly these facts, in this order. Payloads are compared by value, whatever their class. */
  then(expected: readonly F[]): void;
  /** Refused with this code, returned or thrown. */
  thenRefused(code: ErrorCode): Refused;
  /** No facts, and no refusal either. */
  thenNothing(): void;
  /** The facts, for a closer look. @throws Refused when the command was refused */
  facts(): readonly F[];
}

export interface Given<Command, F extends Fact> {
  when(command: Command): Outcome<F>;
}

/** Given/when/then over a decider: `spec(decider).given([queued]).when(report).then([completed])`. */
export function spec<State, Command, F extends Fact = Fact>(decider: Decider<State, Command, F>) {
  return {
    given(history: readonly F[]): Given<Command, F> {
      const { initial, evolve } = decider;
      const start = typeof initial === 'function' ? (initial as () => State)() : initial;
      const state = history.reduce(evolve, start);
      return { when: (command) => outcomeOf(() => decider.decide(command, state)) };
    },
  };
}

function outcomeOf<F extends Fact>(decide: () => readonly F[] | Refused): Outcome<F> {
  const result = resultOf(decide);
  const facts = (): readonly F[] => {
    if (result instanceof Refused) throw result;
    return result;
  };
  return {
    facts,
    then: (expected) => same(facts(), expected),
    thenNothing: () => same(facts(), []),
    thenRefused: (code) => {
      if (!(result instanceof Refused)) return fail(`expected a refusal with ${code}`, result, code);
      if (result.code !== code) return fail(`refused with ${result.code} (${result.detail})`, result.code, code);
      return result;
    },
  };
}

function resultOf<F extends Fact>(decide: () => readonly F[] | Refused): readonly F[] | Refused {
  try {
    return decide();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

function same(actual: readonly Fact[], expected: readonly Fact[]): void {
  const plain = (facts: readonly Fact[]): unknown => JSON.parse(JSON.stringify(facts));
  if (!isDeepStrictEqual(plain(actual), plain(expected))) fail('the facts differ', plain(actual), plain(expected));
}

/** vitest shows `actual` and `expected` of an AssertionError as a diff. */
function fail(message: string, actual: unknown, expected: unknown): never {
  throw new AssertionError({ message, actual, expected, operator: 'deepStrictEqual', stackStartFn: fail });
}
