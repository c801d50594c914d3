import type { TimelineEvent } from '../../rows/timeline.row.js';

/** Events of one kind of a chain that are told at most; the one that it began with is always among them. */
export const MAX_LINKS = 100;

/**
 * What led one device to an event, within its own timeline, newest first. That is the story which the event stands in (all of it has the
 * same correlation) and the rest of the same update, which somebody else's abort may have ended; and whatever caused a part of it: what
 * a device says by itself, a reconnect or a new version after a reboot, begins a story of its own, and is the proof on which an update ends.
 * @param start the event to explain
 * @param before what came before it, in any order
 */
export function deviceChain<E extends TimelineEvent>(start: E, before: readonly E[]): E[] {
  const byId = new Map(before.map((event) => [event.event_id, event]));
  const update = updateOf(start);
  const isPart = (event: E): boolean =>
    event.correlation_id === start.correlation_id || (update !== undefined && updateOf(event) === update);
  const chain = new Set([start, ...before.filter(isPart)]);
  // A set that grows is walked to its end: causes of causes come in too.
  for (const { causation_id } of chain) {
    const cause = causation_id === null ? undefined : byId.get(causation_id);
    if (cause) chain.add(cause);
  }
  return newestFirst([...chain]);
}

function updateOf({ data }: TimelineEvent): unknown {
  return 'update_id' in data ? data.update_id : undefined;
}

/** The ids of events that caused a part of a chain and are not in it: they stand in another timeline. */
export function causesBeyond(chain: readonly TimelineEvent[]): string[] {
  const known = new Set(chain.map(({ event_id }) => event_id));
  const causes = chain.flatMap(({ causation_id }) => (causation_id === null ? [] : [causation_id]));
  return [...new Set(causes)].filter((id) => !known.has(id));
}

export function newestFirst<E extends TimelineEvent>(events: readonly E[]): E[] {
  return events.toSorted((a, b) => b.position - a.position);
}

/** At most so many links, and always the first of all: what is left out is in the middle. */
export function bounded<E>(chain: readonly E[], max = MAX_LINKS): E[] {
  return chain.length <= max ? [...chain] : [...chain.slice(0, max - 1), ...chain.slice(-1)];
}
