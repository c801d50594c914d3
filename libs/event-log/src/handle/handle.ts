import { decisionIn, entityOf, eventsBy, streamSubject } from '@edgeflow/contracts';
import type { Decider, EventName, EventRef, Fact, EventStream, OtaEvent } from '@edgeflow/contracts';
import { onFreshStreams } from '../append/fresh-streams.js';
import type { EventLog } from '../event-log.js';
import { foldAll, load, unseen, type Loaded } from './load.js';

type Log = Pick<EventLog, 'readStream' | 'lastOfEach' | 'append' | 'clock' | 'ids'>;

/** What the events of a command say beside their facts. */
export interface About {
  /** Who writes: a URI reference, e.g. `/firmware-registry`. */
  by: string;
  /** The event that led to the command, where one did. */
  cause?: EventRef;
  /** When it happened. Default: now, by the log's time. */
  at?: Date;
  /** How long the log keeps the events, in seconds. Default: for ever. */
  ttl_s?: number;
  /** True for streams that are new, as far as is known: they are not read before the first try. */
  fresh?: boolean;
  /** The events as they are to be stored, where one of them has been written by somebody else already. */
  as?: (events: OtaEvent[]) => OtaEvent[];
}

/** One command on one stream, or on several that are decided on together. */
export interface Step<State, Command, F extends Fact, Seen extends EventName> {
  decider: Decider<State, Command, F, Seen>;
  streams: readonly EventStream[];
  command: Command;
  /** Where the state is known already. Default: the streams are read. */
  loaded?: Loaded<State>;
}

/** What a command has led to. */
export interface Handled<State, F extends Fact = Fact> {
  /** None when everything was so already. */
  facts: readonly F[];
  /** After them, each command's own, in their order. */
  states: readonly [State, ...State[]];
  /** Of the last event that was stored; of the newest in the streams, where none was. */
  position: number;
  /** True when an earlier attempt had stored them already. */
  duplicate: boolean;
}

/**
 * Reads a stream, or several, decides, and appends what was decided, as far as the streams end where they were seen to; again, so often as
 * `DECISIONS_MAX` says, when somebody else was faster.
 * @param streams a fact goes to the one of its entity
 * @throws Refused what the decider refuses, `conflict` when the streams do not come to rest, and what `EventLog.append` refuses
 */
export function handle<State, Command, F extends Fact, Seen extends EventName>(
  log: Log,
  decider: Decider<State, Command, F, Seen>,
  streams: EventStream | readonly EventStream[],
  command: Command,
  about: About,
): Promise<Handled<State, F>> {
  const all: readonly EventStream[] = 'entity' in streams ? [streams] : streams;
  const step = { decider, streams: all, command };
  const isNew = (attempt: number): boolean => attempt === 1 && about.fresh === true;
  return handleAll(
    log,
    async (attempt) => [isNew(attempt) ? { ...step, loaded: unseen(decider, ...all) } : step],
    about,
  );
}

/**
 * The same for several commands, which are decided side by side and stored in one atomic append, or not at all.
 * @param steps the commands, asked for anew at each try: what they are may depend on what the log says by then
 */
export function handleAll<State, Command, F extends Fact, Seen extends EventName>(
  log: Log,
  steps: (attempt: number) => Promise<readonly Step<State, Command, F, Seen>[]>,
  about: About,
): Promise<Handled<State, F>> {
  return onFreshStreams(async (attempt) => {
    const taken = await Promise.all((await steps(attempt)).map((step) => take(log, step, about)));
    const events = taken.flatMap((one) => one.events);
    const seen = new Map(taken.flatMap((one) => [...one.loaded.seen]));
    const facts = taken.flatMap((one) => one.facts);
    if (events.length === 0)
      return { facts, states: statesOf(taken, 0), position: Math.max(...seen.values()), duplicate: false };
    const written = about.as?.(events) ?? events;
    const { first, last, duplicate } = await log.append(written, { after: seen });
    return { facts, states: statesOf(taken, first), position: last, duplicate };
  });
}

interface Taken<State, F extends Fact> {
  loaded: Loaded<State>;
  facts: readonly F[];
  events: OtaEvent[];
  after: (first: number) => State;
}

async function take<State, Command, F extends Fact, Seen extends EventName>(
  log: Log,
  { decider, streams, command, ...step }: Step<State, Command, F, Seen>,
  about: About,
): Promise<Taken<State, F>> {
  const loaded = step.loaded ?? (await load(log, decider, ...streams));
  const { facts, cause = about.cause, key } = decisionIn(decider.decide(command, loaded.state));
  const write = eventsBy(about.by, log.ids);
  const at = about.at ?? log.clock.now();
  const events = facts.map((fact: Fact, index): OtaEvent => {
    const stream = streamOf(streams, fact);
    const subject = streamSubject(stream);
    // Of two decisions on one position one is stored: they are the same event when they say the same.
    const ground = key === undefined ? [String(loaded.seen.get(subject)), JSON.stringify(fact.data)] : [key];
    const event = write(stream, fact, { key: [subject, ...ground, fact.type, String(index)], at, cause });
    return about.ttl_s === undefined ? event : { ...event, ttl_s: about.ttl_s };
  });
  const after = (first: number): State => {
    const stored = events.map((event, index) => ({ ...event, position: first + index }));
    return foldAll(decider, stored as never, loaded.state);
  };
  return { loaded, facts, events, after };
}

/** The states after each command's own events, which stand side by side from a position on. */
function statesOf<State, F extends Fact>(taken: readonly Taken<State, F>[], first: number): [State, ...State[]] {
  let position = first;
  return taken.map(({ events, after }) => {
    const state = after(position);
    position += events.length;
    return state;
  }) as [State, ...State[]];
}

function streamOf(streams: readonly EventStream[], { type }: Fact): EventStream {
  const stream = streams.find(({ entity }) => entity === entityOf(type));
  if (!stream) throw new Error(`${type} belongs to none of the streams that the command was decided on`);
  return stream;
}
