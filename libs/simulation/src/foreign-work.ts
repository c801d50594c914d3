import { createHook } from 'node:async_hooks';
import { isOwnImmediate } from './turn.js';

/** What settles between two steps. Everything else comes from a timer, a socket, a file or the thread pool. */
const SETTLES = new Set(['PROMISE', 'TickObject', 'Microtask']);

/**
 * Runs something, and says what of the real world came into it, whose order nobody draws: `Timeout`, `Immediate`, `TCPWRAP`, `FSREQCALLBACK` and their
 * like. It makes everything several times slower.
 * @returns what `work` returns, and the kinds of Node's async hooks of what came
 */
export async function foreignWorkIn<T>(work: () => Promise<T>): Promise<{ result: T; foreign: string[] }> {
  const kinds = new Map<number, string>();
  const came = new Set<string>();
  // A signature that is made in the call is a request as well, but nothing comes of it later: what counts is what comes.
  const hook = createHook({
    init: (id, kind) => {
      const isOurs = SETTLES.has(kind) || (kind === 'Immediate' && isOwnImmediate());
      if (!isOurs) kinds.set(id, kind);
    },
    before: (id) => {
      const kind = kinds.get(id);
      if (kind !== undefined) came.add(kind);
    },
  }).enable();
  try {
    const result = await work();
    return { result, foreign: [...came].toSorted() };
  } finally {
    hook.disable();
  }
}
