import {
  isUnread,
  streamSubject,
  type Decider,
  type EventName,
  type Fact,
  type EventStream,
} from '@edgeflow/contracts';
import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import type { EventLog } from '../event-log.js';

/** What a command is decided on: a state, and where each stream ended that it was folded from, by `streamSubject`. */
export interface Loaded<State> {
  state: State;
  seen: ReadonlyMap<string, number>;
}

type Log = Pick<EventLog, 'readStream' | 'lastOfEach'>;
type Folding<State, Seen extends EventName> = Pick<
  Decider<State, never, Fact, Seen>,
  'initial' | 'takes' | 'evolve' | 'pass' | 'newest'
>;

/** The state that one stream, or several, fold to now. @throws Refused `log-unavailable` */
export async function load<State, Seen extends EventName>(
  log: Log,
  decider: Folding<State, Seen>,
  ...streams: readonly EventStream[]
): Promise<Loaded<State>> {
  const read = await Promise.all(
    streams.map((stream) => eventsIn(log, stream, decider.newest?.includes(stream.entity))),
  );
  return {
    state: foldAll(
      decider,
      read.flatMap(({ events }) => events),
    ),
    seen: new Map(streams.map((stream, n) => [streamSubject(stream), read[n]?.position ?? 0])),
  };
}

/** The state after events of a decider's streams, in any order, whether they can be read or not. Pure. @param before default: the initial one */
export function foldAll<State, Seen extends EventName>(
  { initial, takes, evolve, pass }: Folding<State, Seen>,
  events: readonly (StoredEvent | UnreadEvent)[],
  before: State = initial,
): State {
  return events
    .toSorted((one, other) => one.position - other.position)
    .reduce((state, event) => {
      if (isUnread(event)) return pass ? pass(state, event) : state;
      if (takes && !(takes as readonly EventName[]).includes(event.type)) return state;
      // The streams are those of the decider's entities, and it takes all events of them but for these.
      return evolve(state, event as StoredEvent<Seen>);
    }, before);
}

/** Streams that nothing stands in yet, as far as who asks knows. */
export function unseen<State>(
  { initial }: Pick<Folding<State, never>, 'initial'>,
  ...streams: readonly EventStream[]
): Loaded<State> {
  return { state: initial, seen: new Map(streams.map((stream) => [streamSubject(stream), 0])) };
}

async function eventsIn(log: Log, stream: EventStream, newest = false) {
  if (!newest) {
    const { events, unread, position } = await log.readStream(stream);
    return { events: [...events, ...unread], position };
  }
  const { last, unread, position } = await log.lastOfEach(stream);
  return { events: [...Object.values(last), ...unread], position };
}
