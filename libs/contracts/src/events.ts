import { metaOf, type EventMeta } from './event-class.js';
import * as accessEvents from './events/access.events.js';
import * as auditEvents from './events/audit.events.js';
import * as claimEvents from './events/claim.events.js';
import * as deviceEvents from './events/device.events.js';
import * as firmwareEvents from './events/firmware.events.js';
import * as requestEvents from './events/request.events.js';
import * as rolloutEvents from './events/rollout.events.js';
import * as trustEvents from './events/trust.events.js';
import * as updateEvents from './events/update.events.js';
import type { Address, Entity } from './subjects.js';

/** The events of each entity. A new event is a class in the entity's file. */
const eventsByEntity = {
  request: requestEvents,
  firmware: firmwareEvents,
  rollout: rolloutEvents,
  update: updateEvents,
  device: deviceEvents,
  trust: trustEvents,
  claim: claimEvents,
  access: accessEvents,
  audit: auditEvents,
} as const satisfies Record<Entity, Record<string, new () => object>>;

/** The classes of all entities together. */
type EventClasses = { [E in Entity]: (events: (typeof eventsByEntity)[E]) => void }[Entity] extends (
  all: infer All,
) => void
  ? All
  : never;

/**
 * Every event of the log, by name: of one entity after the other, in the order in which they are declared. Types, schemas, validators and
 * the AsyncAPI document come from this table.
 */
export const eventClasses = Object.assign({}, ...Object.values(eventsByEntity).map(asDeclared)) as EventClasses;

/** A module says its names in the order of the alphabet. */
function asDeclared(events: Record<string, new () => object>): object {
  return Object.fromEntries(Object.entries(events).sort(([, a], [, b]) => metaOf(a).order - metaOf(b).order));
}

export type EventName = keyof typeof eventClasses;
export type DataOf<N extends EventName> = InstanceType<(typeof eventClasses)[N]>;

/** The names of one entity's events, or of several entities'. */
export type EventNameOf<E extends Entity> = Extract<EventName, { [K in E]: keyof (typeof eventsByEntity)[K] }[E]>;

/** What happened, without envelope: what deciders return and `evolve` takes. A union, discriminated by `type`. */
export type Fact<N extends EventName = EventName> = { [K in N]: { type: K; data: DataOf<K> } }[N];

/** Where a fact stands, when it happened and why: the CloudEvents attributes, and the causal chain. */
export interface Envelope extends Omit<Address, 'type'> {
  /** Unique and deterministic from the cause; also the `Nats-Msg-Id`. At most 128 characters. */
  id: string;
  /** Who wrote it, a URI reference, e.g. `/firmware-registry`. */
  source: string;
  /** When it happened, ISO 8601 UTC. */
  time: string;
  /** The id of the first event of the chain. */
  correlation_id: string;
  /** The id of the event that directly led to this one. */
  causation_id?: string;
  /** W3C trace context of the span that wrote it. */
  traceparent?: string;
  /**
   * How long the log keeps the event, in seconds; absent: for ever. A word from its writer to the log and no attribute: an event that was
   * read has none. Only of presence, which is a lease and no history.
   */
  ttl_s?: number;
  /** What is wrong with the payload, of which nothing is handed over then; only of requests that their owner refuses by an event. */
  violation?: string;
}

/** An event of the log. */
export type OtaEvent<N extends EventName = EventName> = Envelope & Fact<N>;

/** Where and when an event was stored. */
interface Stored {
  /** Its sequence in the log. */
  position: number;
  /** When the log's server stored it, by that server's clock, ISO 8601: `time` is what the writer's own clock said. Absent where whoever read it was not told. */
  stored_at?: string;
}

/** An event as stored. */
export type StoredEvent<N extends EventName = EventName> = OtaEvent<N> & Stored;

/** A stored event of one entity, or of several: what an `evolve` takes, and is exhaustive over. */
export type EventOf<E extends Entity> = StoredEvent<EventNameOf<E>>;

/** What may happen to an entity, without envelope. */
export type FactOf<E extends Entity> = Fact<EventNameOf<E>>;

/** The names of the events of an entity, as the catalogue has them. */
export function namesOf<E extends Entity>(entity: E): EventNameOf<E>[] {
  return (Object.keys(eventClasses) as EventName[]).filter((name) => entityOf(name) === entity) as EventNameOf<E>[];
}

const columns = new Map<string, EventMeta>(Object.entries(eventClasses).map(([name, of]) => [name, metaOf(of)]));

/** What the catalogue says of an event. */
export function columnsOf(name: EventName): EventMeta {
  return columns.get(name) ?? metaOf(eventClasses[name]);
}

/** The entity that an event is of. */
export function entityOf(name: EventName): Entity {
  return columnsOf(name).entity;
}

/** True for an event of one of these entities. */
export function isOf<E extends Entity>(
  event: StoredEvent,
  ...entities: readonly E[]
): event is Extract<StoredEvent, { type: EventNameOf<E> }> {
  return (entities as readonly Entity[]).includes(event.entity);
}

/** True for a name that this version of the contracts knows. */
export function isEventName(name: string): name is EventName {
  return Object.hasOwn(eventClasses, name);
}

/** What a writer says of an event beyond its address and payload. */
export interface Cause {
  /** Distinguishes this event among those of the same cause; the id is derived from it. */
  id: string;
  source: string;
  time: string;
  /** The event that led to this one; absent for the first of a chain. */
  cause?: Pick<Envelope, 'id' | 'correlation_id'>;
}

/** Puts a fact into its envelope. The chain starts here when there is no cause. */
export function toEvent<N extends EventName>(
  stream: Omit<Address, 'type'>,
  fact: Fact<N>,
  { id, source, time, cause }: Cause,
): OtaEvent<N> {
  return {
    ...stream,
    ...fact,
    id,
    source,
    time,
    correlation_id: cause?.correlation_id ?? id,
    ...(cause && { causation_id: cause.id }),
  };
}
