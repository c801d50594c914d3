import { beforeEach, describe, expect, it } from 'vitest';
import { deriveId, toEvent, trustStream, type EventStream, type Fact, type StoredEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { MemoryLog, MemoryLogServer, MemoryNats, noFaults } from '@edgeflow/event-log/memory';
import { FoldCheckpoint } from '@edgeflow/fold';
import { byOtherHand, MemoryFoldDatabase, MemoryServer } from '@edgeflow/fold/memory';
import type { Caller } from '@edgeflow/identity';
import { MODELS } from '@edgeflow/rollout-rows/memory';
import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { ENTITIES, OrchestratorConfig, OrchestratorCore, SCHEMA, VERSION } from './core.js';
import { messageOf } from './intake/message.fixture.js';
import { orchestratorModels } from './memory.js';

/* The orchestrator as it ships, on servers in memory, in time that goes by at once. */

const caller: Caller = { kind: 'member', org: 'acme', subject: 'ops', roles: ['operator'] };
const firmware_id = deriveId('fw', 'acme', 'm1', '2.0.0');
const NEW_FIRMWARE: Fact = {
  type: 'FirmwareUploaded',
  data: {
    ...{ firmware_id, model: 'm1', models: ['m1'], version: '2.0.0', size: 10, key: 'firmware/acme/2.0.0.bin' },
    ...{ sha256: 'a'.repeat(64), sha1: 'b'.repeat(40), md5: 'c'.repeat(32), uploaded_by: 'spec' },
  },
};
const ORDER = { device_id: 'dev_1', version: '2.0.0' };
const ALL_AT_ONCE = { version: '2.0.0', target: { fleet: 'north' }, strategy: { type: 'all_at_once' } };

let time: VirtualTime;
let entropy: SeededEntropy;
let server: MemoryLogServer;
let rows: MemoryServer;
let log: EventLog;
/** By how many messages the replica is behind that answers direct gets. */
let behind: number;

beforeEach(async () => {
  behind = 0;
  time = new VirtualTime();
  entropy = new SeededEntropy(1);
  server = new MemoryLogServer({ clock: time.clock(), faults: { ...noFaults, behind: () => behind } });
  rows = new MemoryServer({ clock: time.clock(), models: [...orchestratorModels, ...MODELS] });
  await time.until(MemoryLog.provision(server, { name: 'spec', organizations: ['acme'], machine: machine('spec') }));
  log = await connect('spec');
  await happen(trustStream('acme'), {
    type: 'SigningPolicyChanged',
    data: { signature: 'optional', rollback: 'allowed', changed_by: 'spec' },
  });
  await happen({ org: 'acme', entity: 'firmware', entity_id: firmware_id }, NEW_FIRMWARE);
});

const machine = (name: string) => time.machine(entropy.child(name));
const connect = (name: string): Promise<EventLog> =>
  time.until(MemoryLog.connect(server, { name, machine: machine(name) }));

/** What another service would write. */
async function happen(stream: EventStream, ...facts: Fact[]): Promise<void> {
  const events = facts.map((fact) =>
    toEvent(stream, fact, { id: entropy.uuid(), source: '/spec', time: time.clock().now().toISOString() }),
  );
  await time.until(log.lastPosition(stream).then((after) => log.append(events, { after })));
}

async function join(device_id: string): Promise<void> {
  const public_key = { kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43) } as const;
  const of = { device_id, model: 'm1', version: '1.0.0', boot_id: 'boot_1' };
  const session = { session_id: `ses_${device_id}`, gateway_id: 'gw', protocol: 'edgeflow.ota.v1' };
  await happen(
    { org: 'acme', entity: 'device', entity_id: device_id },
    {
      type: 'DeviceRegistered',
      data: { device_id, model: 'm1', fleet: 'north', public_key, registered_by: 'spec' },
    },
    { type: 'DeviceConnected', data: { ...of, ...session } },
    { type: 'DeviceVersionReported', data: of },
  );
}

/** One replica, on a machine of its own. */
async function replica(name: string): Promise<OrchestratorCore> {
  const own = machine(name);
  const client = { name, clock: own.clock, faults: {} };
  const database = new MemoryFoldDatabase(rows, { ...client, schema: SCHEMA, version: VERSION, entities: ENTITIES });
  await time.until(database.open());
  const config = new OrchestratorConfig();
  const core = new OrchestratorCore({ config, database, machine: own, log: await connect(name) });
  await time.until(core.start());
  return core;
}

/** What `npm run rebuild` does where an alarm stands. */
async function askForRebuild(): Promise<void> {
  await byOtherHand(rows, `${SCHEMA}_${VERSION}`, (tables) => tables.change(FoldCheckpoint, {}, { rebuild: 'wrong' }));
}

const storedOf = (...types: string[]): Promise<StoredEvent[]> =>
  time.until(Array.fromAsync(log.scan(['ota.acme.>'])).then((all) => all.filter(({ type }) => types.includes(type))));

describe('an orchestrator that is composed without Nest', () => {
  it('tells the devices of a rollout', async () => {
    const core = await replica('one');
    for (const device_id of ['dev_1', 'dev_2']) await join(device_id);
    const answer = await time.until(core.rollouts.request(caller, ALL_AT_ONCE));
    expect(answer).toMatchObject({ status: 'decided' });
    await time.pass(1_000);
    const told = await storedOf('UpdateDispatched');
    expect(told.map(({ entity_id }) => entity_id).toSorted()).toEqual(['dev_1', 'dev_2']);
    await time.until(core.stop());
  });

  it('tells a device of an update of its own, and refuses to take back one that there is not', async () => {
    const core = await replica('one');
    await join('dev_1');
    const answer = await time.until(core.updates.request(caller, ORDER));
    expect(answer).toMatchObject({ status: 'dispatched' });
    const cancelled = time.until(core.cancels.request(caller, 'upd_none', {}));
    await expect(cancelled).rejects.toMatchObject({ code: 'update-unknown' });
    await time.until(core.stop());
  });

  it('keeps nobody waiting for company between a request and what is decided on it, however often it decides', async () => {
    const core = await replica('one');
    await join('dev_1');
    await time.pass(1_000);
    const asked = time.now_ms;
    await time.until(core.updates.request(caller, ORDER));
    expect(time.now_ms).toBe(asked);
    await time.until(core.stop());
  });

  it('takes an update back where a replica of the log that is behind is asked', async () => {
    const core = await replica('one');
    await join('dev_1');
    const { update_id } = await time.until(core.updates.request(caller, ORDER));
    behind = 10;
    expect(await time.until(core.cancels.request(caller, update_id, {}))).toMatchObject({ update_id });
    expect(await storedOf('UpdateCancelled')).toHaveLength(1);
    await time.until(core.stop());
  });

  it('says that there is no such rollout only when everything on the log is in its rows', async () => {
    const core = await replica('one');
    const pause = () => time.until(core.rollouts.act(caller, 'rol_1', 'pause', {}));
    await expect(pause()).rejects.toMatchObject({ code: 'rollout-unknown' });
    await time.until(core.stop());
    await join('dev_1');
    await expect(pause()).rejects.toMatchObject({ code: 'read-model-behind' });
  });

  it('takes in what a team has left in its inbox', async () => {
    const core = await replica('one');
    const team = new MemoryNats(server, 'team', time.clock());
    await time.until(team.open());
    team.publish('inbox.acme.req_1.UpdateRequested', 'no event');
    await time.pass(5_000);
    const [refused] = await storedOf('RequestRefused');
    expect(refused).toMatchObject({ entity_id: 'req_1', data: { code: 'event-invalid' } });
    await time.until(core.stop());
  });

  it('has a request of a team come again while the rows are being made anew, however often it was tried', async () => {
    const core = await replica('one');
    for (const schema of rows.schemas.keys()) rows.dropTable(schema, 'device_lane');
    const taken = time.until(core.take(messageOf('UpdateRequested', ORDER, { attempt: 5 })));
    await expect(taken).rejects.toMatchObject({ code: 'read-model-behind' });
    expect(await storedOf('RequestRefused', 'UpdateRequested')).toEqual([]);
    await time.until(core.stop());
  });

  it('is ready', async () => {
    const core = await replica('one');
    for (const { check } of core.readiness) expect(await time.until(check())).toBeUndefined();
    await time.until(core.stop());
  });

  it('tells a device again of whose update the log has lost all', async () => {
    const core = await replica('one');
    await join('dev_1');
    const before = (await time.until(log.state())).last;
    await time.until(core.updates.request(caller, { device_id: 'dev_1', version: '2.0.0' }));
    server.kill();
    server.start({ OTA: before });
    await time.become(() => core.fold.alarm() !== undefined);
    await time.until(askForRebuild());
    await time.become(() => core.fold.alarm() === undefined);
    const answer = await time.until(core.updates.request(caller, { device_id: 'dev_1', version: '2.0.0' }));
    expect(answer).toMatchObject({ status: 'dispatched' });
    // Nor was what had been decided before sent over the new connection, to a log that knew of no request for it.
    expect(await storedOf('UpdateRequested', 'UpdateDispatched')).toMatchObject([
      { type: 'UpdateRequested' },
      { type: 'UpdateDispatched', data: { update_id: answer.update_id } },
    ]);
    await time.until(core.stop());
  });

  it('goes on in another replica of the same process, and tells nobody twice', async () => {
    const one = await replica('one');
    const two = await replica('two');
    await join('dev_1');
    await time.until(one.rollouts.request(caller, { ...ALL_AT_ONCE, membership: 'continuous' }));
    await time.pass(1_000);
    await time.until(one.stop());
    await join('dev_2');
    await time.become(() => two.fold.leading());
    await time.pass(5_000);
    const told = await storedOf('UpdateDispatched');
    expect(told.map(({ entity_id }) => entity_id)).toEqual(['dev_1', 'dev_2']);
    await time.until(two.stop());
  });
});
