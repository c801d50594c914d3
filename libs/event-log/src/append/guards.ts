import { laneSubject, type OtaEvent } from '@edgeflow/contracts';
import type { Expectation } from '../types.js';

/** What a message says was seen of a lane. */
export interface Guard {
  /** The lane's subject. */
  lane: string;
  /** Nothing is to stand in the lane behind this position. */
  after: number;
  /** True for the lane of the event that carries it; that event is then the first of its lane. */
  own: boolean;
}

/**
 * The guard that each event is to carry, if any. A message has room for one, which need not name its own lane (nats-server 2.15, alone
 * and as a cluster of three, enforces it all the same): the lanes that are only looked at go on events that are not the first of theirs.
 * @returns guards by the event's index
 * @throws Error when the expectation does not fit the events, which is a mistake in the caller's code
 * @throws Refused `subject-invalid`
 */
export function guardsOf(events: readonly OtaEvent[], { after, unmoved }: Expectation): Map<number, Guard> {
  const guards = new Map<number, Guard>();
  const written = new Set<string>();
  const free: number[] = [];
  for (const [index, event] of events.entries()) {
    const lane = laneSubject(event);
    if (written.has(lane)) {
      free.push(index);
      continue;
    }
    written.add(lane);
    const seen = typeof after === 'number' ? after : after.get(lane);
    if (seen === undefined) throw new Error(`the append does not say what it saw of ${lane}`);
    guards.set(index, { lane, after: seen, own: true });
  }
  for (const [position, [lane, seen]] of [...(unmoved ?? [])].entries()) {
    const index = free[position];
    if (written.has(lane)) throw new Error(`the append writes to ${lane}, so that belongs in \`after\``);
    if (index === undefined) throw new Error(`the append has no event left to carry the guard on ${lane}`);
    guards.set(index, { lane, after: seen, own: false });
  }
  return guards;
}
