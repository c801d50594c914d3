import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNatsServer, type RunningNats } from '@edgeflow/embedded';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import {
  API_PREFIX,
  type EventLog,
  JetStreamLog,
  PROVISIONER,
  publisherRights,
  READER,
  serverAccounts,
  SERVICE_RIGHTS,
} from '../index.js';
import { Denied } from '../errors.js';
import { deadline, streamOfDevice, reported, revoked, streamOfUpdates } from '../events.fixture.js';
import { SCANS, foldConsumers, scanNames } from './consumers.js';
import { RawClient } from './raw-client.fixture.js';

const rights = [...SERVICE_RIGHTS, READER, publisherRights('acme'), publisherRights('globex')];
const SERVICES = SERVICE_RIGHTS.map(({ user }) => user);
const DURABLES = SERVICE_RIGHTS.flatMap(({ user, folds = [] }) =>
  folds.flatMap(foldConsumers).map((durable) => ({ user, durable })),
);
const passwordOf = (user: string): string => `secret-of-${user}`;

let folder: string;
let server: RunningNats;
let admin: NatsConnection;
let manager: JetStreamManager;
const clients: RawClient[] = [];
const logs: EventLog[] = [];

const optionsOf = (user: string) => ({
  ...{ servers: server.url, name: user, user, password: passwordOf(user) },
  ...(user !== PROVISIONER && { api_prefix: API_PREFIX }),
});

async function raw(user: string): Promise<RawClient> {
  const client = await RawClient.connect(server.port, user, passwordOf(user));
  clients.push(client);
  return client;
}

async function logOf(user: string): Promise<EventLog> {
  const log = await JetStreamLog.connect(optionsOf(user));
  logs.push(log);
  return log;
}

/** Everything that could have changed, of all streams but one: settings, messages, consumers. */
async function everything(but = ''): Promise<unknown> {
  const streams = await manager.streams.list().next();
  return streams
    .filter(({ config }) => config.name !== but)
    .map(({ config, state }) => ({
      config,
      messages: state.messages,
      last: state.last_seq,
      consumers: state.consumer_count,
    }))
    .sort((a, b) => a.config.name.localeCompare(b.config.name));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeflow-rights-'));
  server = await startNatsServer({ dir: join(folder, 'nats'), accounts: serverAccounts(rights, passwordOf) });
  await JetStreamLog.provision({ ...optionsOf(PROVISIONER), organizations: ['acme', 'globex'] });
  admin = await connect({ servers: server.url, user: PROVISIONER, pass: passwordOf(PROVISIONER) });
  manager = await jetstreamManager(admin);
  // Somebody to take things from.
  for (const { durable } of DURABLES) {
    await manager.consumers.add('OTA', {
      durable_name: durable,
      ack_policy: 'explicit',
      filter_subjects: ['ota.*.x.>'],
    });
  }
  await admin.request('ota.acme.rollout.rol_1.RolloutAborted', '{}');
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(logs.splice(0).map((log) => log.close()));
});
afterAll(async () => {
  await admin.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const own: [string, string][] = [
  ['firmware-registry', 'ota.acme.firmware.fw_1.FirmwareUploaded'],
  ['firmware-registry', 'ota.acme.trust.acme.SigningKeyRegistered'],
  ['firmware-registry', 'ota.acme.access.key_1.ApiKeyIssued'],
  ['firmware-registry', 'ota.acme.audit.firmware-registry.X'],
  ['rollout-orchestrator', 'ota.acme.rollout.rol_1.RolloutAccepted'],
  ['rollout-orchestrator', 'ota.acme.update.d_1.UpdateQueued'],
  ['rollout-orchestrator', 'ota.acme.request.r_1.UpdateRequested'],
  ['rollout-orchestrator', 'aside.acme.rollout-orchestrator-fold'],
  ['device-gateway', 'ota.acme.device.d_1.DeviceRegistered'],
  ['device-gateway', 'ota.acme.claim.c_1.ClaimIssued'],
  ['device-gateway', 'ota.acme.access.key_1.ApiKeyUsed'],
  ['device-gateway', 'gateways.gw_1'],
  ['projection', 'ota.acme.audit.projection.X'],
  ['projection', 'aside.acme.projection-read-models'],
  ['publisher-acme', 'ota.acme.request.r_2.UpdateRequested'],
  ['publisher-acme', 'ota.acme.request.no-token=at-all.Anything'],
];

/** The stream that takes what a user writes. */
function streamOf(user: string, subject: string): string {
  if (user.startsWith('publisher-')) return `INBOX_${user.slice('publisher-'.length)}`;
  if (subject.startsWith('gateways')) return 'OTA_GATEWAYS';
  return subject.startsWith('aside') ? 'OTA_ASIDE' : 'OTA';
}

const foreign: [string, string][] = [
  ['firmware-registry', 'ota.acme.rollout.rol_1.RolloutAborted'],
  ['firmware-registry', 'ota.acme.device.d_1.DeviceRevoked'],
  ['firmware-registry', 'ota.acme.audit.projection.X'],
  ['rollout-orchestrator', 'ota.acme.device.d_1.DeviceVersionReported'],
  ['rollout-orchestrator', 'ota.acme.firmware.fw_1.FirmwareUploaded'],
  ['rollout-orchestrator', 'ota.acme.trust.acme.SigningPolicySet'],
  ['rollout-orchestrator', 'ota.acme.access.key_1.ApiKeyIssued'],
  // Where earlier releases kept deadlines; a store of theirs may still have it.
  ['rollout-orchestrator', 'schedule.k'],
  ['rollout-orchestrator', 'due.ota.acme.update.d_1.DeadlineReached.k'],
  ['device-gateway', 'ota.acme.rollout.rol_1.RolloutAborted'],
  ['device-gateway', 'ota.acme.update.d_1.UpdateDispatched'],
  ['device-gateway', 'ota.acme.request.r_1.UpdateRequested'],
  ['device-gateway', 'ota.acme.trust.acme.SigningKeyRegistered'],
  ['device-gateway', 'ota.acme.access.key_1.ApiKeyIssued'],
  ['device-gateway', 'live.ota.acme.update.d_1.UpdateDispatched'],
  ['device-gateway', 'gateways.gw_1.more'],
  ...['firmware-registry', 'rollout-orchestrator', 'projection', 'reader', 'publisher-acme'].map(
    (user): [string, string] => [user, 'gateways.gw_1'],
  ),
  ['projection', 'ota.acme.update.d_1.UpdateQueued'],
  ['projection', 'ota.acme.audit.device-gateway.X'],
  ['projection', 'aside.acme.rollout-orchestrator-fold'],
  ['reader', 'ota.acme.request.r_1.UpdateRequested'],
  ['reader', 'ota.acme.audit.projection.X'],
  ['publisher-acme', 'ota.globex.request.r_1.UpdateRequested'],
  ['publisher-acme', 'ota.acme.update.d_1.UpdateQueued'],
  ['publisher-acme', 'ota.acme.request.r_1.UpdateRequested.more'],
  ['publisher-acme', 'ota.acme.device.d_1.DeviceRevoked'],
  ['publisher-acme', 'inbox.acme.r_1.UpdateRequested'],
  ['publisher-acme', 'inbox.globex.r_1.UpdateRequested'],
  ['publisher-acme', 'answers.acme.r_1.UpdateQueued'],
  ['publisher-acme', 'answers.globex.r_1.UpdateQueued'],
  ['rollout-orchestrator', 'inbox.acme.r_1.UpdateRequested'],
  ['device-gateway', 'answers.acme.r_1.UpdateQueued'],
  ['publisher-acme', 'anything'],
  ['publisher-acme', `${API_PREFIX}.STREAM.INFO.OTA`],
  ['publisher-acme', '$JS.API.INFO'],
];

/** What the API does to streams and to consumers of others. */
const administration = [
  ...['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'MSG.DELETE', 'SNAPSHOT', 'RESTORE'].map((verb) => `STREAM.${verb}.OTA`),
  'STREAM.MSG.GET.OTA',
  'STREAM.MSG.GET.INBOX_globex',
  'STREAM.PURGE.INBOX_globex',
  'STREAM.INFO.INBOX_globex',
  'DIRECT.GET.INBOX_globex',
  'STREAM.PURGE.OTA_GATEWAYS',
  'STREAM.MSG.DELETE.OTA_GATEWAYS',
  'STREAM.DELETE.OTA_GATEWAYS',
  'STREAM.LIST',
  'STREAM.CREATE.MINE',
  'STREAM.LEADER.STEPDOWN.OTA',
  'CONSUMER.LIST.OTA',
  'CONSUMER.NAMES.OTA',
  'CONSUMER.CREATE.OTA',
  'CONSUMER.CREATE.OTA.mine',
  'CONSUMER.CREATE.OTA.mine.ota.>',
  'CONSUMER.DURABLE.CREATE.OTA.mine',
  'CONSUMER.DURABLE.CREATE.OTA_ASIDE.mine',
  'ACCOUNT.PURGE.LOG',
];

describe('what a NATS user may write', () => {
  it.each(own)('%s writes %s', async (user, subject) => {
    const { errors, answer } = await (await raw(user)).request(subject, '{}');
    expect(errors).toEqual([]);
    // A refusal names the stream as well.
    const stored = JSON.parse(answer!) as object;
    expect(stored).not.toHaveProperty('error');
    expect(stored).toMatchObject({ stream: streamOf(user, subject), seq: expect.any(Number) });
  });

  it.each(foreign)('%s does not write %s', async (user, subject) => {
    const before = await everything();
    const { errors } = await (await raw(user)).request(subject, '{}');
    expect(errors).toEqual([`'Permissions Violation for Publish to "${subject}"'`]);
    expect(await everything()).toEqual(before);
  });

  it.each([...SERVICES, 'reader', 'publisher-acme'])('%s does not administer streams or consumers', async (user) => {
    const before = await everything();
    const client = await raw(user);
    for (const prefix of [API_PREFIX, '$JS.API']) {
      // Who takes in what teams ask for looks for their inboxes.
      const calls = user === 'rollout-orchestrator' ? administration : [...administration, 'STREAM.NAMES'];
      for (const call of calls) {
        const { errors } = await client.request(`${prefix}.${call}`, '{}');
        expect(errors, call).toEqual([`'Permissions Violation for Publish to "${prefix}.${call}"'`]);
      }
    }
    expect(await everything()).toEqual(before);
  });

  it.each(rights.map(({ user }) => user))('%s does not touch a consumer of another', async (user) => {
    const before = await everything();
    const client = await raw(user);
    const others = [
      ...DURABLES.filter((one) => one.user !== user).map(({ durable }) => durable),
      ...rights.filter((one) => one.user !== user).map((one) => scanNames(one.user)[0]!),
    ];
    for (const consumer of others) {
      const calls = [
        'CONSUMER.DURABLE.CREATE',
        'CONSUMER.INFO',
        'CONSUMER.DELETE',
        'CONSUMER.MSG.NEXT',
        'CONSUMER.RESET',
      ];
      for (const call of calls.map((verb) => `${API_PREFIX}.${verb}.OTA.${consumer}`)) {
        expect((await client.request(call, '{}')).errors, call).toHaveLength(1);
      }
      const ack = `$JS.ACK.OTA.${consumer}.1.1.1.1.0`;
      expect((await client.request(ack, '+TERM')).errors, ack).toHaveLength(1);
    }
    if (user !== 'rollout-orchestrator') {
      for (const call of ['CONSUMER.INFO', 'CONSUMER.MSG.NEXT', 'CONSUMER.DELETE', 'CONSUMER.DURABLE.CREATE']) {
        const subject = `${API_PREFIX}.${call}.INBOX_globex.rollout-orchestrator-inbox`;
        expect((await client.request(subject, '{}')).errors, subject).toHaveLength(1);
      }
      const ack = '$JS.ACK.INBOX_globex.rollout-orchestrator-inbox.1.1.1.1.0';
      expect((await client.request(ack, '+TERM')).errors, ack).toHaveLength(1);
    }
    expect(await everything()).toEqual(before);
  });

  it('nobody gets in without a password, or with a wrong one', async () => {
    for (const [user, password] of [
      ['device-gateway', ''],
      ['device-gateway', 'guess'],
      ['', ''],
      [PROVISIONER, 'guess'],
    ]) {
      const client = await RawClient.connect(server.port, user!, password!);
      clients.push(client);
      expect([[], ["'Authorization Violation'"]]).toContainEqual(await client.subscribe('x'));
      expect(client.isIn).toBe(false);
    }
  });
});

describe('what a NATS user may hear', () => {
  const subjects = [
    '>',
    'ota.>',
    '*',
    '_INBOX.>',
    '_INBOX_rollout-orchestrator.>',
    '$JS.>',
    '$SYS.>',
    'schedule.>',
    'gateways.>',
    'live.>',
    'inbox.>',
    'answers.>',
    'answers.globex.>',
  ];

  it.each(['device-gateway', 'projection', 'reader', 'publisher-acme'])('%s hears nothing of others', async (user) => {
    const client = await raw(user);
    for (const subject of subjects) {
      expect(await client.subscribe(subject)).toEqual([`'Permissions Violation for Subscription to "${subject}"'`]);
    }
  });

  it('a gateway hears what the log stored in the streams of updates, a team does not', async () => {
    const gateway = await raw('device-gateway');
    expect(await gateway.subscribe('live.ota.acme.update.d_9.*')).toEqual([]);
    expect(await (await raw('publisher-acme')).subscribe('live.ota.acme.update.d_9.*')).toHaveLength(1);
    const orchestrator = await raw('rollout-orchestrator');
    await orchestrator.request('ota.acme.update.d_9.UpdateQueued', '{}', { 'Nats-Expected-Last-Sequence': '1' });
    expect(gateway.heard).toEqual([]);
    await orchestrator.request('ota.acme.update.d_9.UpdateQueued', '{}');
    await gateway.subscribe('live.ota.acme.update.d_8.*');
    expect(gateway.heard.map(({ subject }) => subject)).toEqual(['live.ota.acme.update.d_9.UpdateQueued']);
  });
});

describe('an answer of the server', () => {
  const targets = [
    'ota.globex.trust.globex.SigningKeyRegistered',
    'ota.acme.rollout.rol_1.RolloutAborted',
    'gateways.gw_1',
    'aside.acme.rollout-orchestrator-fold',
    'live.ota.acme.update.d_1.UpdateDispatched',
    '$JS.API.STREAM.DELETE.OTA',
    '$JS.API.CONSUMER.DELETE.OTA.projection-read-models',
    '_INBOX_device-gateway.guess',
    'ota.globex.request.r_9.RolloutAbortRequested',
    'inbox.globex.r_9.RolloutAbortRequested',
    'answers.globex.r_9.UpdateDispatched',
    '_INBOX_publisher-globex.guess',
  ];

  it.each(targets)('to a publish does not reach %s', async (target) => {
    const gateway = await raw('device-gateway');
    await gateway.subscribe('live.ota.acme.update.d_1.*');
    await gateway.subscribe('_INBOX_device-gateway.>');
    const victim = await raw('publisher-globex');
    await victim.subscribe('_INBOX_publisher-globex.>');
    await victim.subscribe('answers.globex.>');
    const { messages } = (await manager.streams.info('INBOX_acme')).state;
    const before = await everything('INBOX_acme');
    const attacker = await raw('publisher-acme');
    await attacker.publish(`ota.acme.request.r_${randomUUID()}.UpdateRequested`, {}, 'x', target);
    // Nobody hears when it is stored.
    await expect.poll(async () => (await manager.streams.info('INBOX_acme')).state.messages).toBe(messages + 1);
    expect(await everything('INBOX_acme')).toEqual(before);
    expect([...gateway.heard, ...victim.heard]).toEqual([]);
  });

  it.each(targets)('to a read does not bring what was written elsewhere to %s', async (target) => {
    const attacker = await raw('projection');
    const victim = await raw('device-gateway');
    await victim.subscribe('live.ota.acme.update.d_1.*');
    await attacker.request('ota.acme.audit.projection.Forged', '{}', { 'ce-type': 'RolloutAborted' });
    const before = await everything();
    const get = JSON.stringify({ last_by_subj: 'ota.acme.audit.projection.Forged' });
    await attacker.publish(`${API_PREFIX}.DIRECT.GET.OTA`, {}, get, target);
    await attacker.publish(`${API_PREFIX}.DIRECT.GET.OTA.ota.acme.audit.projection.Forged`, {}, '', target);
    await attacker.publish(`${API_PREFIX}.STREAM.INFO.OTA`, {}, '', target);
    await attacker.publish(`${API_PREFIX}.CONSUMER.MSG.NEXT.OTA.projection-read-models`, {}, '1', target);
    await attacker.request(`${API_PREFIX}.STREAM.INFO.OTA`, '');
    expect(await everything()).toEqual(before);
    expect(victim.heard).toEqual([]);
  });
});

describe('a consumer that pushes', () => {
  // Whoever may make a consumer says where it delivers to, and the server does so in the log's own account.
  it.each([
    'ota.acme.rollout.r.X',
    'aside.x',
    '$JS.API.STREAM.DELETE.OTA',
    '$JS.API.CONSUMER.DELETE.OTA.rollout-orchestrator-fold',
  ])('to %s writes and deletes nothing', async (deliver_subject) => {
    const attacker = await raw('projection');
    const mine = scanNames('projection').at(-1)!;
    await attacker.request('ota.acme.audit.projection.Forged', '{}');
    const before = await everything();
    const config = {
      ...{ durable_name: mine, ack_policy: 'none', deliver_policy: 'all', deliver_subject },
      filter_subject: 'ota.acme.audit.projection.Forged',
    };
    const body = JSON.stringify({ stream_name: 'OTA', config });
    await attacker.request(`${API_PREFIX}.CONSUMER.DURABLE.CREATE.OTA.${mine}`, body);
    await attacker.request(`${API_PREFIX}.CONSUMER.INFO.OTA.${mine}`, '');
    await attacker.request(`${API_PREFIX}.CONSUMER.DELETE.OTA.${mine}`, '');
    expect(await everything()).toEqual(before);
  });
});

describe('what looks like a live event', () => {
  it('and is not in the log is not handed over', async () => {
    const gateway = await logOf('device-gateway');
    const heard: string[] = [];
    gateway.live('acme', 'd_live', ({ id }) => void heard.push(id));
    const attacker = await raw('projection');
    const forged = {
      'Nats-Subject': 'ota.acme.update.d_live.DeadlineReached',
      'Nats-Sequence': '1',
      'ce-id': 'forged',
    };
    const ce = {
      'ce-specversion': '1.0',
      'ce-type': 'DeadlineReached',
      'ce-source': '/x',
      'ce-time': new Date().toISOString(),
    };
    const data = JSON.stringify({ device_id: 'd_live', update_id: 'upd_1', number: 1 });
    await attacker.request('ota.acme.audit.projection.Forged', data, { ...ce, ...forged });
    const mine = scanNames('projection').at(-1)!;
    const config = {
      ...{ durable_name: mine, ack_policy: 'none', deliver_policy: 'last' },
      deliver_subject: 'live.ota.acme.update.d_live.DeadlineReached',
      filter_subject: 'ota.acme.audit.projection.Forged',
    };
    const body = JSON.stringify({ stream_name: 'OTA', config });
    await attacker.request(`${API_PREFIX}.CONSUMER.DURABLE.CREATE.OTA.${mine}`, body);
    await attacker.request(`${API_PREFIX}.CONSUMER.INFO.OTA.${mine}`, '');
    const orchestrator = await logOf('rollout-orchestrator');
    await orchestrator.append([deadline('d_live', 'true')], { after: 0 });
    while (!heard.includes('true')) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard).toEqual(['true']);
    await attacker.request(`${API_PREFIX}.CONSUMER.DELETE.OTA.${mine}`, '');
  });
});

describe('a header that steers the server', () => {
  const at = new Date(0).toISOString();
  it.each<Record<string, string>>([
    { 'Nats-Rollup': 'all' },
    { 'Nats-Rollup': 'sub' },
    { 'Nats-TTL': '1s' },
    { 'Nats-Schedule': `@at ${at}`, 'Nats-Schedule-Target': 'ota.acme.rollout.r.X' },
    { 'Nats-Incr': '+1' },
    { 'Nats-Stream-Source': 'OTA_ASIDE 1 > > x' },
  ])('is refused: %o', async (headers) => {
    const before = await everything();
    const { answer } = await (
      await raw('publisher-acme')
    ).request('ota.acme.request.r_6.UpdateRequested', '{}', headers);
    expect(JSON.parse(answer!)).toMatchObject({ error: { code: expect.any(Number) } });
    expect(await everything()).toEqual(before);
  });
});

describe('a header that asks about other streams', () => {
  it('is told of the own inbox and of nothing else', async () => {
    await (await raw('publisher-globex')).request('ota.globex.request.r_7.UpdateRequested', '{}');
    const team = await raw('publisher-acme');
    for (const stream of [
      'inbox.globex.>',
      'ota.globex.>',
      'ota.globex.device.>',
      'inbox.globex.r_7.UpdateRequested',
    ]) {
      const expect_ = { 'Nats-Expected-Last-Subject-Sequence-Subject': stream };
      const headers = { 'Nats-Expected-Last-Subject-Sequence': '99', ...expect_ };
      const { answer } = await team.request('ota.acme.request.r_8.UpdateRequested', '{}', headers);
      expect(JSON.parse(answer!), stream).toMatchObject({ error: { description: 'wrong last sequence: 0' } });
    }
  });

  it('opens no batch', async () => {
    const batch = { 'Nats-Batch-Id': 'b1', 'Nats-Batch-Sequence': '1', 'Nats-Batch-Commit': '1' };
    const team = await raw('publisher-acme');
    const { answer } = await team.request('ota.acme.request.r_8.UpdateRequested', '{}', batch);
    expect(JSON.parse(answer!)).toMatchObject({ error: { code: expect.any(Number) } });
  });
});

describe('what was set aside', () => {
  it('is there for the reader to look at, by its sequence, the newest of a subject, and one after the other', async () => {
    await admin.request('aside.projection-read-models', 'poison');
    const client = await connect({
      servers: server.url,
      user: READER.user,
      pass: passwordOf(READER.user),
      inboxPrefix: '_INBOX_reader',
    });
    const deadLetter = await jetstreamManager(client, { apiPrefix: API_PREFIX, checkAPI: false });
    const { last_seq } = (await deadLetter.streams.info('OTA_ASIDE')).state;
    const last = { last_by_subj: 'aside.projection-read-models' };
    expect((await deadLetter.streams.getMessage('OTA_ASIDE', { seq: last_seq }))?.string()).toBe('poison');
    expect((await deadLetter.streams.getMessage('OTA_ASIDE', last))?.string()).toBe('poison');
    expect((await deadLetter.direct.getMessage('OTA_ASIDE', { seq: last_seq }))?.string()).toBe('poison');
    expect((await deadLetter.direct.getMessage('OTA_ASIDE', last))?.string()).toBe('poison');
    const config = { durable_name: scanNames(READER.user)[0]!, ack_policy: 'none' } as const;
    const info = await deadLetter.consumers.add('OTA_ASIDE', config);
    const consumer = jetstream(client, { apiPrefix: API_PREFIX }).consumers.getConsumerFromInfo(info);
    const texts: string[] = [];
    for await (const message of await consumer.fetch({ max_messages: info.num_pending, expires: 5_000 })) {
      texts.push(message.string());
    }
    expect(texts.at(-1)).toBe('poison');
    await deadLetter.consumers.delete('OTA_ASIDE', info.name);
    await expect(deadLetter.streams.purge('OTA_ASIDE')).rejects.toThrow();
    await client.close();
  });
});

describe('an id that somebody else has taken', () => {
  it('keeps no event out of the log, neither one alone nor several', async () => {
    const gateway = await logOf('device-gateway');
    const other = await raw('rollout-orchestrator');
    for (const id of ['evt_revoked', 'evt_batch', 'evt_note']) {
      await other.request(`ota.acme.request.${id}.UpdateRequested`, '{}', { 'Nats-Msg-Id': id, 'ce-id': id });
    }
    const stream = streamOfDevice('squatted', 'globex');
    const event = { ...revoked('squatted', 'evt_revoked'), org: stream.org };
    const first = await gateway.append([event], { after: 0 });
    expect(first).toMatchObject({ duplicate: false });
    expect(await gateway.append([event], { after: 0 })).toEqual({ ...first, duplicate: true });
    const two = [reported('other', 'evt_before'), reported('other', 'evt_batch')];
    const batch = await gateway.append(two, { after: 0 });
    expect(batch).toMatchObject({ duplicate: false });
    expect(await gateway.append(two, { after: 0 })).toEqual({ ...batch, duplicate: true });
    const noted = await gateway.record(reported('noted', 'evt_note'));
    expect(noted).toMatchObject({ duplicate: false });
    expect((await gateway.read(stream)).map(({ id }) => id)).toEqual(['evt_revoked']);
    expect((await gateway.read(streamOfDevice('other'))).map(({ id }) => id)).toEqual(['evt_before', 'evt_batch']);
  });
});

describe('the lease of a gateway id', () => {
  it('is for gateways to hold and for the reader to see', async () => {
    const { gatewayLeases: leases } = await logOf('device-gateway');
    await leases.open();
    const data = new TextEncoder().encode('held');
    const position = await leases.write('gw_2', data, { after: 0 });
    expect(await leases.find('gw_2')).toMatchObject({ position });
    expect((await leases.all()).map(({ gateway_id }) => gateway_id)).toContain('gw_2');
    expect(await (await logOf('reader')).gatewayLeases.find('gw_2')).toMatchObject({ position });
    const stranger = await logOf('projection');
    await expect(stranger.gatewayLeases.open()).rejects.toBeInstanceOf(Denied);
    await expect(stranger.gatewayLeases.find('gw_2')).rejects.toBeInstanceOf(Denied);
    await expect(stranger.gatewayLeases.write('gw_2', data, { after: position })).rejects.toBeInstanceOf(Denied);
  });
});

describe('the event log with the rights of its user', () => {
  it('appends, reads and scans', async () => {
    const orchestrator = await logOf('rollout-orchestrator');
    const { last } = await orchestrator.append([deadline('works', 'w1')], { after: 0 });
    expect(await orchestrator.lastPosition(streamOfUpdates('works'))).toBe(last);
    const scans = Array.from({ length: SCANS + 2 }, () =>
      Array.fromAsync(orchestrator.scanLast(['ota.acme.update.works.>'])),
    );
    expect((await Promise.all(scans)).map((events) => events.map(({ id }) => id))).toEqual(scans.map(() => ['w1']));
    const reader = await logOf('reader');
    expect((await Array.fromAsync(reader.scan(['ota.acme.update.works.>']))).map(({ id }) => id)).toEqual(['w1']);
  });

  it('tails where that is its user’s to do', async () => {
    const projection = await logOf('projection');
    const orchestrator = await logOf('rollout-orchestrator');
    const { first } = await orchestrator.append([deadline('tailed', 't1')], { after: 0 });
    const tail = projection.tail(['ota.acme.update.tailed.>'], { from: first });
    for await (const { id } of tail) {
      expect(id).toBe('t1');
      break;
    }
    const stranger = (await logOf('reader')).tail(['ota.>'], { from: first });
    await expect(Array.fromAsync(stranger)).rejects.toBeInstanceOf(Denied);
  });

  it('fails at once and says what is denied to whom', async () => {
    const gateway = await logOf('device-gateway');
    const denied = gateway.append([deadline('d', 'x1')], { after: 0 });
    await expect(denied).rejects.toThrow('NATS denies device-gateway the publish on ota.acme.update.d.DeadlineReached');
    await expect(denied).rejects.toBeInstanceOf(Denied);
    await expect(gateway.append([deadline('d', 'x2'), deadline('e', 'x3')], { after: 0 })).rejects.toBeInstanceOf(
      Denied,
    );
    const follow = gateway.follow({ durable: 'not-mine', filters: ['ota.>'], from: 1 }, () => Promise.resolve());
    await expect(follow).rejects.toBeInstanceOf(Denied);
  });

  it('does not start with a wrong password, and keeps it to itself', async () => {
    const opening = JetStreamLog.connect({ ...optionsOf('projection'), password: 'hunter2' });
    await expect(opening).rejects.toThrow(/admits not the user projection, or not with this password/);
    await expect(opening).rejects.not.toThrow(/hunter2/);
  });

  it('does not start as a user that may not even look', async () => {
    await expect(JetStreamLog.connect(optionsOf('publisher-acme'))).rejects.toBeInstanceOf(Denied);
    await expect(JetStreamLog.provision(optionsOf('projection'))).rejects.toBeInstanceOf(Denied);
    // There is nothing to do, and it may look at all of it.
    await expect(JetStreamLog.provision(optionsOf('device-gateway'))).resolves.toBeUndefined();
  });
});
