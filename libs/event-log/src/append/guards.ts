import { streamSubject, type OtaEvent } from '@edgeflow/contracts';
import type { Expectation } from '../types.js';

/** What a message says was seen of a stream. */
export interface Guard {
  /** The stream's subject. */
  stream: string;
  /** Nothing is to stand in the stream behind this position. */
  after: number;
  /** True for the stream of the event that carries it; that event is then the first of its stream. */
  own: boolean;
}

/**
 * The guard that each event is to carry, if any. A message has room for one, which need not name its own stream (nats-server 2.15, alone
 * and as a cluster of three, enforces it all the same): the streams that are only looked at go on events that are not the first of theirs.
 * @returns guards by the event's index
 * @throws Error when the expectation does not fit the events, which is a mistake in the caller's code
 * @throws Refused `subject-invalid`
 */
export function guardsOf(events: readonly OtaEvent[], { after, unmoved }: Expectation): Map<number, Guard> {
  const guards = new Map<number, Guard>();
  const written = new Set<string>();
  const free: number[] = [];
  for (const [index, event] of events.entries()) {
    const stream = streamSubject(event);
    if (written.has(stream)) {
      free.push(index);
      continue;
    }
    written.add(stream);
    const seen = typeof after === 'number' ? after : after.get(stream);
    if (seen === undefined) throw new Error(`the append does not say what it saw of ${stream}`);
    guards.set(index, { stream, after: seen, own: true });
  }
  for (const [position, [stream, seen]] of [...(unmoved ?? [])].entries()) {
    const index = free[position];
    if (written.has(stream)) throw new Error(`the append writes to ${stream}, so that belongs in \`after\``);
    if (index === undefined) throw new Error(`the append has no event left to carry the guard on ${stream}`);
    guards.set(index, { stream, after: seen, own: false });
  }
  return guards;
}
