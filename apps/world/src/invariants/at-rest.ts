import type { StoredEvent } from '@edgeflow/contracts';
import { within, type Violation } from './invariant.js';

/** A device once everything has come to rest: what it knows of itself. */
export interface AtRest {
  org: string;
  device_id: string;
  /** It has lost its power for good, long ago. */
  isGone: boolean;
  /** It was told to stay away, and asks once a day at most whether it may come again (docs/device-protocol.md, 4403): the log may have lost that. */
  isSentAway?: boolean;
  /** What it has said last that it runs; undefined for one that has never said it. */
  version: string | undefined;
  /** How often it has said of an update that it failed. */
  said_failed: ReadonlyMap<string, number>;
}

/** Connections are lost and gateways die, so that something has to be said again; so often it is not heard. */
const SAID_MAX = 6;
const OUT: readonly string[] = ['DeviceRevoked', 'DeviceRemoved'];

/**
 * What devices know and the log does not, or otherwise: who is there, what it runs, and that a report of failure is heard, whatever its words. A
 * product that drops what it hears keeps a log that is at one with itself.
 * @param wasCut the log has lost its tail: who was registered in it is let in no more, until somebody registers him anew
 */
export function restFaults(devices: readonly AtRest[], events: readonly StoredEvent[], wasCut = false): Violation[] {
  const known = knownOf(events);
  return devices.flatMap((device) => {
    const name = within(device, device.device_id);
    const { isOnline, version } = known.get(name) ?? {};
    const fault = (invariant: string, what: string): Violation => ({ invariant, what: `${name} ${what}` });
    const deaf = [...device.said_failed].filter(([, times]) => times >= SAID_MAX);
    return [
      ...deaf.map(([id, times]) => fault('a report of failure is heard', `has said ${times} times that ${id} failed`)),
      ...(device.isGone && isOnline ? [fault('who is gone is offline', 'is gone for good, and online')] : []),
      ...(isUnheard(device, wasCut, known.get(name))
        ? [fault('the log knows what each device runs', `says ${device.version}, and the log has ${version}`)]
        : []),
    ];
  });
}

/** Whether the log has what each device says that it runs: who was cut off, or has been told to stay away, comes back minutes later. */
export function areHeard(devices: readonly AtRest[], events: readonly StoredEvent[], wasCut = false): boolean {
  const known = knownOf(events);
  return devices.every((device) => !isUnheard(device, wasCut, known.get(within(device, device.device_id))));
}

function isUnheard(device: AtRest, wasCut: boolean, { isRegistered, isOut, version }: Known = {}): boolean {
  const isLetIn = isRegistered === true || !wasCut;
  return !device.isGone && !device.isSentAway && isLetIn && !isOut && device.version !== version;
}

interface Known {
  isRegistered?: boolean;
  isOnline?: boolean;
  version?: string;
  /** It was taken out of service, be it let in again later. */
  isOut?: boolean;
}

function knownOf(events: readonly StoredEvent[]): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>();
  for (const event of events) {
    const name = within(event, event.entity_id);
    const change = changeBy(event);
    if (change) known.set(name, { ...known.get(name), ...change });
  }
  return known;
}

function changeBy(event: StoredEvent): Known | undefined {
  if (event.type === 'DeviceRegistered') return { isRegistered: true };
  if (event.type === 'DeviceVersionReported') return { version: event.data.version };
  if (event.type === 'DeviceConnected') return { isOnline: true };
  if (event.type === 'DeviceDisconnected') return { isOnline: false };
  return OUT.includes(event.type) ? { isOut: true } : undefined;
}
