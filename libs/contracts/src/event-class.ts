import 'reflect-metadata';
import type { Audited } from './audited.js';
import type { Entity } from './subjects.js';

const ENTITY = Symbol('edgeflow:event');

/**
 * Which room an event may take in a log that is nearly full (ADR-0020). `control` is what stops, ends or takes back something, and what proves
 * how an update ended: for that there is always room. The rest is refused first, since it begins new work, can wait, or can be said again:
 * `asked` by an organization's callers and devices, on whose budget it counts, or `decided` by services, from requests that were counted.
 */
export type Room = 'control' | 'asked' | 'decided';

/** What is said of an event beside its payload, once and in one place: the columns of the event catalogue. */
export interface EventColumns<T extends object> {
  /** What happened, in one sentence, for the event catalogue. */
  summary: string;
  room: Room | ((data: T) => Room);
  /** How the audit trail tells it; null for what is nobody's action, e.g. a device's progress. */
  audit: ((data: T) => Audited) | null;
  /**
   * One plain sentence that tells an operator what it was; null for what stands in no timeline. Of a payload with long lists, timelines
   * hold counts in their place.
   */
  text: ((data: T) => string) | null;
}

/** Where an event lives, which version of its schema the class describes, and its columns. */
export interface EventMeta<T extends object = object> extends EventColumns<T> {
  entity: Entity;
  /** Version of the payload's schema; a reader upcasts older ones at the edge. */
  version: number;
  /** Grows from each class that is declared to the next one. */
  order: number;
}

let declared = 0;

/** Declares a class as the payload of an event of the log. The class's name is the event's name. */
export function EventClass<T extends object>(
  entity: Entity,
  version: number,
  columns: EventColumns<T>,
): (target: new () => T) => void {
  return (target) =>
    Reflect.defineMetadata(ENTITY, { entity, version, order: declared++, ...columns } satisfies EventMeta<T>, target);
}

/**
 * The declaration of an event class. Its columns take the payload of that class, which whoever asks knows by the name.
 * @throws Error when the class was not declared with `@EventClass`: a programming error.
 */
export function metaOf(eventClass: new () => object): EventMeta {
  const meta = Reflect.getMetadata(ENTITY, eventClass) as EventMeta | undefined;
  if (!meta) throw new Error(`${eventClass.name} is not declared with @EventClass`);
  return meta;
}
