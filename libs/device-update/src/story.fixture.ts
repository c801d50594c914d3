import { entityOf, toEvent } from '@edgeflow/contracts';
import type { DataOf, EventName, Fact, StoredEvent } from '@edgeflow/contracts';
import { spec, type Outcome } from '@edgeflow/testkit/decider-spec';
import type { UpdateFact } from './answers.js';
import { unknownDevice, type DeviceUpdateState } from './device-update.state.js';
import { evolve, isOfDevice } from './device-update.evolve.js';
import { updateDecider } from './device-update.decider.js';
import type { OpensAt, TimedContext } from './timing.js';
import type { CatalogEntry } from './firmware-catalog.js';
import type { RolloutOrder } from './order.js';

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
/** A session on the device's tunnel. */
export const on = (session_id: string) => ({ session_id, gateway_id: 'gw', protocol: 'edgeflow.ota.v1' });
export const connected = (session_id = 'ses_1') =>
  stored('DeviceConnected', { ...on(session_id), model: 'm1', version: '1.0.0', boot_id: 'boot_1' });
export const disconnected = (session_id = 'ses_1') =>
  stored('DeviceDisconnected', { ...on(session_id), close_code: 1006, reason: 'lost' });
export const runs = (version: string, boot_id: string, more: Partial<DataOf<'DeviceVersionReported'>> = {}) =>
  stored('DeviceVersionReported', { version, boot_id, model: 'm1', ...more });
export const requested = (spec: Partial<DataOf<'UpdateRequested'>> = {}, request_id = 'req_1') =>
  stored('UpdateRequested', { version: '2.0.0', ...spec }, request_id);
export const cancelRequested = (
  update_id: string,
  more: Partial<DataOf<'UpdateCancelRequested'>> = {},
  request_id = 'req_cancel',
) => stored('UpdateCancelRequested', { update_id, ...more }, request_id);
export const rollbackRequested = (request_id = 'req_1') => stored('RollbackRequested', {}, request_id);
export const reached = (update_id: string, phase: DataOf<'DeviceProgressReported'>['phase']) =>
  stored('DeviceProgressReported', { update_id, phase, progress: 50 });

/** A device on 1.0.0 that is connected. */
export const onlineDevice = () => [registered(), connected(), runs('1.0.0', 'boot_1')];

export const stateOf = (events: readonly StoredEvent[], from: DeviceUpdateState = unknownDevice): DeviceUpdateState =>
  events.filter(isOfDevice).reduce(evolve, from);

/** Windows that are open always. */
const always: OpensAt = (_wanted, from) => from;

export const contextWith = (
  entries: readonly CatalogEntry[] = [firmware],
  opensAt: OpensAt = always,
): TimedContext => ({
  org: 'acme',
  device_id: 'dev_1',
  firmwareOf: (version) => entries.filter((entry) => entry.version === version),
  rollbacks_below: true,
  at,
  default_deadline_s: 3600,
  opensAt,
});

const { given, inState } = spec(updateDecider);

/** What is decided on a device by itself, after these events. */
export const decisionOn = (events: readonly StoredEvent[], entries?: readonly CatalogEntry[]) =>
  given(events.filter(isOfDevice)).when({ type: 'Proceed', ...contextWith(entries) });

/** The same from a state, and with all that it depends on. */
export const proceed = (state: DeviceUpdateState, context: TimedContext): Outcome<UpdateFact> =>
  inState(state).when({ type: 'Proceed', ...context });

/** What becomes of a rollout's order. */
export const ordered = (state: DeviceUpdateState, order: RolloutOrder, context = contextWith()): Outcome<UpdateFact> =>
  inState(state).when({ type: 'Order', order, ...context });

/** Facts as the log would give them back. */
export const storedAll = (facts: readonly UpdateFact[]): StoredEvent[] =>
  facts.map((fact) => stored(fact.type, fact.data as never));

/** The events with what was decided on them appended. */
export function withDecision(events: readonly StoredEvent[], entries?: readonly CatalogEntry[]): StoredEvent[] {
  return [...events, ...storedAll(decisionOn(events, entries).facts())];
}

/** An online device with an update to 2.0.0 dispatched, and the update's id. */
export function dispatchedUpdate(spec?: Partial<DataOf<'UpdateRequested'>>, entries?: readonly CatalogEntry[]) {
  const events = withDecision([...onlineDevice(), requested(spec)], entries);
  const { update } = stateOf(events);
  if (update.status !== 'dispatched') throw new Error(`the story starts wrong: ${update.status}`);
  return { events, update_id: update.plan.update_id };
}
