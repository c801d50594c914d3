import { toEvent, type DataOf, type EventName, type Fact, type StoredEvent } from '@edgeflow/contracts';
import { emptyLane, type DeviceLane } from './device-lane.js';
import { evolve } from './device-lane.evolve.js';
import { decide, type Decision, type Surroundings } from './device-update.decider.js';
import type { CatalogEntry } from './firmware-catalog.js';

export const at = new Date('2026-02-21T12:00:00.000Z');

export const firmware: CatalogEntry = {
  firmware_id: 'fw_2',
  model: 'm1',
  version: '2.0.0',
  sha256: 'a'.repeat(64),
  size: 10,
  key: `firmware/acme/2.0.0/${'a'.repeat(64)}.bin`,
  revoked: false,
};

const entityOf = (type: EventName) =>
  type.startsWith('Device')
    ? 'device'
    : type.endsWith('Requested')
      ? 'request'
      : type.startsWith('Firmware')
        ? 'firmware'
        : 'update';

let position = 0;

/** A stored event of device dev_1 of acme, with the next position; a request's id is given by `entity_id`. */
export function stored<N extends EventName>(
  type: N,
  data: Omit<DataOf<N>, 'device_id'>,
  entity_id = 'dev_1',
): StoredEvent {
  position += 1;
  const fact = { type, data: { device_id: 'dev_1', ...data } } as unknown as Fact;
  const cause = { id: `evt_${position}`, source: '/spec', time: at.toISOString() };
  return { ...toEvent({ org: 'acme', entity: entityOf(type), entity_id }, fact, cause), position } as StoredEvent;
}

export const registered = (model = 'm1') =>
  stored('DeviceRegistered', {
    model,
    public_key: { kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43) },
    registered_by: 'spec',
  });
export const connected = (tunnel_id = 'tun_1') =>
  stored('DeviceConnected', { tunnel_id, gateway_id: 'gw', model: 'm1', version: '1.0.0', boot_id: 'boot_1' });
export const disconnected = (tunnel_id = 'tun_1') =>
  stored('DeviceDisconnected', { tunnel_id, gateway_id: 'gw', close_code: 1006, reason: 'lost' });
export const runs = (version: string, boot_id: string) =>
  stored('DeviceVersionReported', { version, boot_id, model: 'm1' });
export const requested = (wish: Partial<DataOf<'UpdateRequested'>> = {}, request_id = 'req_1') =>
  stored('UpdateRequested', { version: '2.0.0', ...wish }, request_id);
export const wayBackRequested = (request_id = 'req_1') => stored('RollbackRequested', {}, request_id);
export const reached = (update_id: string, phase: DataOf<'DeviceProgressReported'>['phase']) =>
  stored('DeviceProgressReported', { update_id, phase, progress: 50 });

/** A device on 1.0.0 that is connected. */
export const onlineDevice = () => [registered(), connected(), runs('1.0.0', 'boot_1')];

export const laneOf = (events: readonly StoredEvent[], from: DeviceLane = emptyLane): DeviceLane =>
  events.reduce(evolve, from);

export const around = (entries: readonly CatalogEntry[] = [firmware]): Surroundings => ({
  org: 'acme',
  device_id: 'dev_1',
  firmwareOf: (version) => entries.filter((entry) => entry.version === version),
  rollbacks_below: true,
  at,
  default_deadline_s: 3600,
});

export const decisionOn = (events: readonly StoredEvent[], entries?: readonly CatalogEntry[]): Decision | undefined =>
  decide(laneOf(events), around(entries));

/** The events with what was decided on them appended, as the log would give them back. */
export function withDecision(events: readonly StoredEvent[], entries?: readonly CatalogEntry[]): StoredEvent[] {
  const facts = decisionOn(events, entries)?.facts ?? [];
  return [...events, ...facts.map((fact) => stored(fact.type, fact.data as never))];
}

/** An online device with an update to 2.0.0 dispatched, and the update's id. */
export function dispatchedUpdate(wish?: Partial<DataOf<'UpdateRequested'>>, entries?: readonly CatalogEntry[]) {
  const events = withDecision([...onlineDevice(), requested(wish)], entries);
  const { update } = laneOf(events);
  if (update.status !== 'dispatched') throw new Error(`the story starts wrong: ${update.status}`);
  return { events, update_id: update.plan.update_id };
}
