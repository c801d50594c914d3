import 'reflect-metadata';
import type { Entity } from './subjects.js';

const ENTITY = Symbol('edgeflow:event');

/** Where an event lives and which version of its schema the class describes. */
export interface EventMeta {
  entity: Entity;
  /** Version of the payload's schema; a reader upcasts older ones at the edge. */
  version: number;
  /** What happened, in one sentence, for the event catalogue. */
  summary: string;
  /**
   * True for a request whose owner answers a bad payload with a refusal on the log: it is handed over with its `violation` instead of
   * being set aside.
   */
  refusable?: boolean;
}

/** Declares a class as the payload of an event of the log. The class's name is the event's name. */
export function EventClass(
  entity: Entity,
  version: number,
  summary: string,
  options: Pick<EventMeta, 'refusable'> = {},
): ClassDecorator {
  return (target) =>
    Reflect.defineMetadata(ENTITY, { entity, version, summary, ...options } satisfies EventMeta, target);
}

/**
 * The declaration of an event class.
 * @throws Error when the class was not declared with `@EventClass`: a programming error.
 */
export function metaOf(eventClass: new () => object): EventMeta {
  const meta = Reflect.getMetadata(ENTITY, eventClass) as EventMeta | undefined;
  if (!meta) throw new Error(`${eventClass.name} is not declared with @EventClass`);
  return meta;
}
