import { Refused } from './errors.js';
import { metaOf } from './event-class.js';
import { eventClasses, type EventName } from './events.js';

/** From the version that is the key to the next one. */
type Steps = Readonly<Record<number, (data: unknown) => unknown>>;

/** Every step from a stored version to the next. All events are at version 1 today; the first change adds a row here. */
const steps: Partial<Record<EventName, Steps>> = {};

const OURS = 'urn:edgeflow:event:';

/** The version in a dataschema; an event without one is taken for the first version. NaN for one of ours that says no number. */
function versionIn(dataschema: string | undefined): number {
  if (dataschema?.startsWith(OURS)) return Number(/:([1-9]\d{0,8})$/.exec(dataschema)?.[1] ?? Number.NaN);
  const version = dataschema === undefined ? 1 : Number(/[:./v](\d+)(?:\.json)?$/.exec(dataschema)?.[1] ?? 1);
  return Math.max(1, version);
}

/**
 * Brings a stored payload to the newest version, step by step, so that the domain sees one shape (STYLE.md rule 8).
 * @throws Refused `event-invalid` for a version that this build does not know: a newer writer is about
 */
export function upcast(type: EventName, dataschema: string | undefined, data: unknown): unknown {
  const newest = metaOf(eventClasses[type]).version;
  let payload = data;
  for (let version = versionIn(dataschema); version !== newest; version++) {
    const step = steps[type]?.[version];
    if (!step) throw new Refused('event-invalid', `version ${version} of ${type} is not known`, { dataschema });
    payload = step(payload);
  }
  return payload;
}
