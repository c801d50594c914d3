import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  deviceStream,
  updateStream,
  trustStream,
  deriveId,
  toBinary,
  toEvent,
  type EventName,
  type Fact,
  type EventStream,
  type StoredEvent,
} from '@edgeflow/contracts';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { TokenIssuer } from '@edgeflow/identity';
import { readConfig, type RunningService } from '@edgeflow/service-host';
import {
  startTestNats,
  startTestPostgres,
  temporaryFolder,
  type TestNats,
  type TestPostgres,
  type TemporaryFolder,
} from '@edgeflow/testkit';
import { OrchestratorConfig } from './orchestrator.config.js';
import { startOrchestrator } from './orchestrator.js';

let nats: TestNats;
let postgres: TestPostgres;
let folder: TemporaryFolder;
let issuer: TokenIssuer;
let log: EventLog;
let databaseUrl: string;
let service: RunningService;
const started: RunningService[] = [];
let count = 0;

async function start(change: Record<string, string> = {}): Promise<RunningService> {
  const environment = {
    NATS_URL: nats.url,
    DATABASE_URL: databaseUrl,
    AUTH_JWKS_URL: pathToFileURL(join(folder.path, 'jwks.json')).href,
    LOG_LEVEL: 'fatal',
    // The longest that may be said: specs ask what was decided, not how soon.
    DECISION_WAIT_MS: '30000',
  };
  const running = await startOrchestrator(readConfig(OrchestratorConfig, { ...environment, ...change }));
  started.push(running);
  return running;
}

beforeAll(async () => {
  [postgres, folder, issuer] = await Promise.all([
    startTestPostgres(),
    temporaryFolder('orchestrator'),
    TokenIssuer.create(),
  ]);
  await writeFile(join(folder.path, 'jwks.json'), JSON.stringify(issuer.jwks()));
});
afterAll(async () => {
  await postgres.stop();
  await folder.remove();
});
beforeEach(async () => {
  nats = await startTestNats();
  databaseUrl = await postgres.freshDatabase();
  log = await JetStreamLog.connect({ servers: nats.url, name: 'orchestrator-spec' });
  // Signatures are the matter of signatures.int.spec.ts.
  const policy = { signature: 'optional', rollback: 'allowed', changed_by: 'spec' } as const;
  await happen(trustStream('acme'), { type: 'SigningPolicyChanged', data: policy });
  service = await start();
});
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop();
  await log.close();
  await nats.stop();
});

/** Appends facts to a stream as their owner would, one batch. */
async function happen(stream: EventStream, ...facts: Fact[]): Promise<number> {
  const events = facts.map((fact) => {
    const id = deriveId('evt', String(count++));
    return toEvent(stream, fact, { id, source: '/spec', time: new Date().toISOString() });
  });
  return (await log.append(events, { after: await log.lastPosition(stream) })).last;
}

const streamOfDevice = (device_id: string, org = 'acme') => deviceStream({ org, device_id });
const streamOfUpdates = (device_id: string, org = 'acme') => updateStream({ org, device_id });

const firmware = (version: string, org = 'acme') => {
  const firmware_id = deriveId('fw', org, 'm1', version);
  const sha256 = 'a'.repeat(64);
  const rest = {
    sha256,
    sha1: 'b'.repeat(40),
    md5: 'c'.repeat(32),
    size: 10,
    key: `firmware/${org}/${version}/${sha256}.bin`,
  };
  const data = { firmware_id, model: 'm1', models: ['m1'], version, ...rest, uploaded_by: 'spec' };
  return happen({ org, entity: 'firmware', entity_id: firmware_id }, { type: 'FirmwareUploaded', data });
};
const register = (device_id: string, org = 'acme') =>
  happen(streamOfDevice(device_id, org), {
    type: 'DeviceRegistered',
    data: {
      device_id,
      model: 'm1',
      public_key: { kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43) },
      registered_by: 'spec',
    },
  });
const hello = (device_id: string, version: string, boot_id: string, org = 'acme') =>
  happen(
    streamOfDevice(device_id, org),
    {
      type: 'DeviceConnected',
      data: {
        device_id,
        session_id: `ses_${boot_id}`,
        gateway_id: 'gw',
        protocol: 'edgeflow.ota.v1',
        model: 'm1',
        version,
        boot_id,
      },
    },
    { type: 'DeviceVersionReported', data: { device_id, model: 'm1', version, boot_id } },
  );
const online = async (device_id: string) => {
  await register(device_id);
  await hello(device_id, '1.0.0', 'boot_1');
};

async function post(
  body: object,
  options: { role?: 'operator' | 'viewer'; org?: string; key?: string; url?: string } = {},
) {
  const token = await issuer.issue(
    { org: options.org ?? 'acme', role: options.role ?? 'operator', subject: 'ops' },
    60,
  );
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    ...(options.key && { 'idempotency-key': options.key }),
  };
  const url = `${options.url ?? service.url}/orchestrator/v1/updates`;
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(20);
  }
}
const namesOn = async (device: string, org?: string) =>
  (await log.read(streamOfUpdates(device, org))).map((event) => event.type);
const has = (device: string, name: EventName) =>
  eventually<StoredEvent>(async () => (await log.read(streamOfUpdates(device))).find((event) => event.type === name));

describe('an update by HTTP', () => {
  it('is decided before the answer, and completes when the device says hello with the new version', async () => {
    await firmware('2.0.0');
    await online('dev_1');
    const { status, body } = await post({ device_id: 'dev_1', version: '2.0.0' });
    expect([status, body['status']]).toEqual([202, 'dispatched']);
    expect(body).toMatchObject({
      update_id: expect.any(String),
      request_id: expect.any(String),
      position: expect.any(Number),
    });
    await hello('dev_1', '2.0.0', 'boot_2');
    await has('dev_1', 'UpdateCompleted');
    expect(await namesOn('dev_1')).toEqual(['UpdateDispatched', 'UpdateCompleted']);
  });

  it('walks back from its end to its request', async () => {
    await firmware('2.0.0');
    await online('dev_1');
    const { body } = await post({ device_id: 'dev_1', version: '2.0.0' });
    await hello('dev_1', '2.0.0', 'boot_2');
    const completed = await has('dev_1', 'UpdateCompleted');
    const [request] = await log.read({ org: 'acme', entity: 'request', entity_id: String(body['request_id']) });
    expect(completed.correlation_id).toBe(request?.id);
    expect((await log.read(streamOfUpdates('dev_1')))[0]).toMatchObject({ causation_id: request?.id });
  });

  it.each([
    ['an unknown device', { device_id: 'dev_x', version: '2.0.0' }, 404, 'device-unknown'],
    ['an unknown version', { device_id: 'dev_1', version: '3.0.0' }, 404, 'firmware-unknown'],
    ['an offline device', { device_id: 'dev_off', version: '2.0.0' }, 409, 'device-offline'],
    ['an illegal device id', { device_id: 'dev.*', version: '2.0.0' }, 400, 'invalid-request'],
    ['a version that is none', { device_id: 'dev_1', version: 'latest' }, 400, 'invalid-request'],
    ['no version', { device_id: 'dev_1' }, 400, 'invalid-request'],
  ])('is refused for %s', async (_name, body, status, code) => {
    await firmware('2.0.0');
    await online('dev_1');
    await register('dev_off');
    expect(await post(body)).toMatchObject({ status, body: { code, status } });
  });

  it('is skipped on the target and taken with force', async () => {
    await firmware('1.0.0');
    await online('dev_1');
    expect((await post({ device_id: 'dev_1', version: '1.0.0' })).body).toMatchObject({ status: 'skipped' });
    expect((await post({ device_id: 'dev_1', version: '1.0.0', force: true })).body).toMatchObject({
      status: 'dispatched',
    });
  });

  it('is one at a time for a device, also when ten come at once', async () => {
    await firmware('2.0.0');
    await online('dev_1');
    const answers = await Promise.all(Array.from({ length: 10 }, () => post({ device_id: 'dev_1', version: '2.0.0' })));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ body }) => body['code'] === 'update-in-progress')).toHaveLength(9);
  });

  it('is the same request under the same idempotency key, and refuses another request under it', async () => {
    await firmware('2.0.0');
    await online('dev_1');
    const first = await post({ device_id: 'dev_1', version: '2.0.0' }, { key: 'k1' });
    const again = await post({ device_id: 'dev_1', version: '2.0.0' }, { key: 'k1' });
    expect(again).toEqual(first);
    expect(await post({ device_id: 'dev_1', version: '9.0.0' }, { key: 'k1' })).toMatchObject({
      status: 409,
      body: { code: 'request-exists' },
    });
    expect((await namesOn('dev_1')).filter((name) => name === 'UpdateDispatched')).toHaveLength(1);
  });

  it('waits for an offline device when told to, and goes out when it comes', async () => {
    await firmware('2.0.0');
    await register('dev_1');
    expect((await post({ device_id: 'dev_1', version: '2.0.0', when_offline: 'queue' })).body).toMatchObject({
      status: 'queued',
    });
    await hello('dev_1', '1.0.0', 'boot_1');
    await has('dev_1', 'UpdateDispatched');
  });

  it('fails at its deadline', async () => {
    await firmware('2.0.0');
    await online('dev_1');
    await post({ device_id: 'dev_1', version: '2.0.0', deadline_s: 1 });
    expect(await has('dev_1', 'UpdateFailed')).toMatchObject({ data: { code: 'deadline-exceeded' } });
  });

  it('is for operators, and never reaches into another organization', async () => {
    await firmware('2.0.0');
    await online('dev_1');
    expect((await post({ device_id: 'dev_1', version: '2.0.0' }, { role: 'viewer' })).status).toBe(403);
    expect(await post({ device_id: 'dev_1', version: '2.0.0' }, { org: 'globex' })).toMatchObject({
      body: { code: 'device-unknown' },
    });
    expect(await namesOn('dev_1', 'acme')).toEqual([]);
  });
});

describe('an update by NATS', () => {
  const ask = (request_id: string, id = request_id) =>
    toEvent(
      { org: 'acme', entity: 'request', entity_id: request_id },
      { type: 'UpdateRequested', data: { device_id: 'dev_1', version: '2.0.0' } },
      { id, source: '/team', time: new Date().toISOString() },
    );

  it('is decided like one by HTTP', async () => {
    await firmware('2.0.0');
    await online('dev_1');
    await log.append([ask('req_team')], { after: 0 });
    expect(await has('dev_1', 'UpdateDispatched')).toMatchObject({ data: { request_id: 'req_team' } });
  });

  it('is answered once, when a team sends its request twice', async () => {
    await firmware('2.0.0');
    await online('dev_1');
    const { last } = await log.append([ask('req_team')], { after: 0 });
    await log.append([ask('req_team', 'another-id')], { after: last });
    await has('dev_1', 'UpdateDispatched');
    await hello('dev_1', '2.0.0', 'boot_2');
    await has('dev_1', 'UpdateCompleted');
    expect(await namesOn('dev_1')).toEqual(['UpdateDispatched', 'UpdateCompleted']);
    expect(toBinary(ask('req_team')).subject).toBe('ota.acme.request.req_team.UpdateRequested');
  });
});

describe('faults', () => {
  it('two orchestrators never act twice, and the second takes over', async () => {
    const second = await start();
    await firmware('2.0.0');
    for (const id of ['dev_1', 'dev_2']) await online(id);
    expect((await post({ device_id: 'dev_1', version: '2.0.0' }, { url: second.url })).body).toMatchObject({
      status: 'dispatched',
    });
    await service.stop();
    expect((await post({ device_id: 'dev_2', version: '2.0.0' }, { url: second.url })).status).toBe(202);
    await has('dev_2', 'UpdateDispatched');
    for (const id of ['dev_1', 'dev_2']) expect(await namesOn(id)).toEqual(['UpdateDispatched']);
  });

  it('a fold that is dropped comes back by replay and decides nothing again', async () => {
    await firmware('2.0.0');
    await online('dev_1');
    await post({ device_id: 'dev_1', version: '2.0.0' });
    await hello('dev_1', '2.0.0', 'boot_2');
    await has('dev_1', 'UpdateCompleted');
    const before = await namesOn('dev_1');
    await service.stop();
    databaseUrl = await postgres.freshDatabase();
    service = await start();
    await hello('dev_1', '2.0.0', 'boot_3');
    expect((await post({ device_id: 'dev_1', version: '2.0.0' })).body).toMatchObject({ status: 'skipped' });
    expect(await namesOn('dev_1')).toEqual([...before, 'UpdateSkipped']);
  });

  it('a request that comes while Postgres is away is decided when it is back', async () => {
    await firmware('2.0.0');
    await online('dev_1');
    await post({ device_id: 'dev_1', version: '9.9.9' });
    await postgres.kill();
    const { status } = await post({ device_id: 'dev_1', version: '2.0.0' }, { key: 'later' });
    expect(status).toBe(202);
    await postgres.restart();
    await has('dev_1', 'UpdateDispatched');
  });
});
