import { Refused } from './errors.js';
import { columnsOf, type EventName } from './events.js';
import { TUNNEL_PROTOCOL } from './tunnel.js';

/** From the version that is the key to the next one. */
type Steps = Readonly<Record<number, (data: unknown) => unknown>>;

/** Every step from a stored version to the next. */
const steps: Partial<Record<EventName, Steps>> = {
  DeviceConnected: { 1: withSession },
  DeviceDisconnected: { 1: withSession },
  FirmwareUploaded: { 1: asItIs },
  UpdateDispatched: { 1: asItIs },
};

/** The next version only needs less, or may say more. */
function asItIs(data: unknown): unknown {
  return data;
}

/** A device was connected by a tunnel, and by nothing else. */
function withSession(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data;
  const { tunnel_id: session_id, ...rest } = data as Record<string, unknown>;
  return { session_id, protocol: TUNNEL_PROTOCOL, ...rest };
}

const OURS = 'urn:edgeflow:event:';

/** The version in a dataschema; an event without one is taken for the first version. NaN for one of ours that says no number. */
function versionIn(dataschema: string | undefined): number {
  if (dataschema?.startsWith(OURS)) return Number(/:([1-9]\d{0,8})$/.exec(dataschema)?.[1] ?? Number.NaN);
  const version = dataschema === undefined ? 1 : Number(/[:./v](\d+)(?:\.json)?$/.exec(dataschema)?.[1] ?? 1);
  return Math.max(1, version);
}

/**
 * Brings a stored payload to the newest version, step by step, so that the domain sees one shape.
 * @throws Refused `event-invalid` for a version that this build does not know: a newer writer is about
 */
export function upcast(type: EventName, dataschema: string | undefined, data: unknown): unknown {
  const newest = columnsOf(type).version;
  let payload = data;
  for (let version = versionIn(dataschema); version !== newest; version++) {
    const step = steps[type]?.[version];
    if (!step) throw new Refused('event-invalid', `version ${version} of ${type} is not known`, { dataschema });
    payload = step(payload);
  }
  return payload;
}
