import type { EventName, Fact, OtaEvent } from './events.js';
import { toEvent, type Cause } from './events.js';
import { deriveId } from './ids.js';
import type { EventStream } from './subjects.js';

/** Where ids come from. It comes in by constructor, as the clock does: whoever puts another one in its place gets the same ids again. */
export interface Ids {
  /** An id that nothing else has: `<prefix>_<32 hex digits>`. */
  next(prefix: string): string;
  /** The id that these parts make; see `deriveId`. */
  derive(prefix: string, ...parts: readonly string[]): string;
}

/** Ids of a machine's chance. @param entropy its `uuid` gives a UUID that nobody else has */
export function idsOf(entropy: { uuid(): string }): Ids {
  return { next: (prefix) => `${prefix}_${entropy.uuid().replaceAll('-', '')}`, derive: deriveId };
}

/** What a writer says of an event beyond its stream and its fact. */
interface Occasion extends Pick<Cause, 'cause'> {
  /** What makes its id, beside that it is one of an event: the same parts are the same event. */
  key: readonly string[];
  /** When it happened. */
  at: Date | string;
}

/** Puts facts into envelopes. */
export type EventFactory = <N extends EventName>(stream: EventStream, fact: Fact<N>, occasion: Occasion) => OtaEvent<N>;

/** The event factory of one writer. @param source who writes, a URI reference, e.g. `/firmware-registry` */
export function eventsBy(source: string, ids: Pick<Ids, 'derive'> = { derive: deriveId }): EventFactory {
  return (stream, fact, { key, at, cause }) => {
    const time = typeof at === 'string' ? at : at.toISOString();
    return toEvent(stream, fact, { id: ids.derive('evt', ...key), source, time, ...(cause && { cause }) });
  };
}
