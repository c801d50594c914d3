import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { columnsOf, isEventName } from '@edgeflow/contracts';
import { dropRows } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NatsPublisher } from './nats-publisher.js';
import { ScriptedDevice } from './scripted-device.js';
import { imageOf, StandaloneUnderTest } from './standalone.harness.js';

const CLI = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const PRELOAD = fileURLToPath(new URL('./older-catalogue.mjs', import.meta.url));
/** What the release that is taken back has brought, and has written. */
const NEW_TYPES = ['FirmwareSigned', 'RolloutRetried', 'SetAsideAcknowledged'];
const SERVICES = ['registry', 'orchestrator', 'gateway', 'query'];
const TIME = '2026-02-21T12:00:00.000Z';

let standalone: StandaloneUnderTest;
let device: ScriptedDevice;
const image = imageOf();
const story = { org: 'acme', device_id: 'dev_1', model: 'board', version: '1.0.0' };

/** The next version of an event's schema, which this build does not know. */
const newerThan = (type: string): number => (isEventName(type) ? columnsOf(type).version + 1 : 2);

async function readiness(service: string): Promise<{ status: number; body: { status: string } }> {
  const response = await fetch(new URL(`/${service}/readyz`, standalone.endpoints.http_origin));
  return { status: response.status, body: (await response.json()) as { status: string } };
}

/** Everything that the newer release may have left in a stream: a type that came with it, and a version of a known type. */
async function leftBehind(streams: readonly (readonly [stream: string, type: string])[]): Promise<void> {
  const users = JSON.parse(await readFile(join(standalone.home, 'keys', 'nats-users.json'), 'utf8')) as Record<
    string,
    string
  >;
  const { nats_url, nats_ca } = standalone.endpoints;
  const { host } = new URL(nats_url);
  const url = `tls://provisioner:${users['provisioner']}@${host}`;
  const writer = await NatsPublisher.connect(url, await readFile(nats_ca, 'utf8'));
  for (const [stream, type] of streams) {
    const headers = (name: string, version: number) => ({
      ...{
        'ce-specversion': '1.0',
        'ce-id': `${stream}.${name}`,
        'ce-source': '/tomorrow',
        'ce-type': name,
        'ce-time': TIME,
      },
      'ce-dataschema': `urn:edgeflow:event:${name}:${version}`,
    });
    const unknown = await writer.publish(`ota.acme.${stream}.Shadowed`, headers('Shadowed', 1), '{"any":"thing"}');
    const newer = await writer.publish(
      `ota.acme.${stream}.${type}`,
      headers(type, newerThan(type)),
      '{"other":"members"}',
    );
    expect([unknown, newer]).toMatchObject([{ stream: 'OTA' }, { stream: 'OTA' }]);
  }
  writer.close();
}

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  for (const version of ['1.1.0', '1.2.0']) await standalone.upload('acme', image, { version, models: 'board' });
  device = await ScriptedDevice.online(standalone, story);
  await device.updateTo('1.1.0');
  await device.reboot('1.1.0');
  await device.eventually(({ ota_status }) => ota_status === 'completed');
});
afterAll(() => standalone.dispose());

describe('a release that is taken back', () => {
  it('leaves a log with which the one before runs, and its devices update', async () => {
    // Signed again, which the older build knows nothing of.
    const again = await standalone.upload<{ firmware_id: string }>('acme', image, {
      version: '1.2.0',
      models: 'board',
      release_counter: 2,
    });
    expect(again.status).toBe(200);
    await device.tunnel.close();
    await leftBehind([
      ['device.dev_1', 'DeviceVersionReported'],
      ['device.dev_1', 'DeviceConnected'],
      ['device.dev_1', 'DeviceDisconnected'],
      ['update.dev_1', 'UpdateQueued'],
      ['update.dev_1', 'UpdateCompleted'],
      [`firmware.${again.body.firmware_id}`, 'FirmwareSigned'],
      ['rollout.rol_1', 'RolloutStarted'],
      ['request.req_1', 'UpdateRequested'],
      ['trust.acme', 'SigningKeyRegistered'],
      ['claim.clm_1', 'ClaimUsed'],
      ['access.key_1', 'ApiKeyUsed'],
      ['audit.projection', 'ActionRecorded'],
      ['shadow.dev_1', 'DeviceConnected'],
    ]);
    await standalone.killIt();
    await standalone.begin();
    for (const schema of ['orchestrator', 'projection']) {
      await dropRows(standalone.endpoints.database_url, schema);
    }
    await standalone.stop();
    await standalone.begin({ NODE_OPTIONS: `--import=${PRELOAD}`, OLDER_CATALOGUE_WITHOUT: NEW_TYPES.join() });

    for (const service of SERVICES) {
      const folds = service === 'orchestrator' || service === 'query';
      await standalone.eventually(
        () => readiness(service),
        ({ status, body }) => status === 200 && body.status === (folds ? 'degraded' : 'ok'),
      );
    }
    // The build does not know the type, or this would be a filter like others.
    const filter = '/query/v1/devices/dev_1/events?type=FirmwareSigned';
    expect(await standalone.ask('acme', 'viewer', 'GET', filter)).toMatchObject({ status: 400 });
    await device.connect();
    const offer = await device.updateTo('1.2.0');
    expect(await device.download(offer.url)).toEqual({ status: 200, sha256: image.sha256 });
    await device.reboot('1.2.0');
    expect(await device.eventually(({ ota_status }) => ota_status === 'completed')).toMatchObject({
      current_version: '1.2.0',
    });

    const fresh = await ScriptedDevice.online(standalone, { ...story, device_id: 'dev_2' });
    await fresh.updateTo('1.2.0');
    await fresh.reboot('1.2.0');
    await fresh.eventually(({ ota_status }) => ota_status === 'completed');
    const uploaded = await standalone.upload('acme', imageOf(), { version: '1.3.0', models: 'board' });
    expect(uploaded.status).toBe(201);
  });

  it('says what it has left behind, and until somebody has looked', async () => {
    const { body } = await standalone.ask<{ items: { position: number; type: string; reason: string }[] }>(
      ...(['acme', 'operator', 'GET', '/query/v1/events/aside?order=asc'] as const),
    );
    expect(body.items[0]).toMatchObject({
      ...{ type: 'DeviceVersionReported', reason: 'version 2 of DeviceVersionReported is not known' },
    });
    expect(body.items.map(({ type }) => type)).not.toContain('Shadowed');
    const why = await standalone.ask<{ set_aside: object[] }>('acme', 'viewer', 'GET', '/query/v1/devices/dev_1/why');
    expect(why.body.set_aside).toHaveLength(5);
  });

  it('lists it by one command as well, which folds it again: it is set aside again by a build that cannot read it', async () => {
    const env = { ...process.env, EDGEFLOW_HOME: standalone.home };
    const replayed = promisify(execFile)(process.execPath, [CLI, 'replay', '--of', 'projection'], { env });
    const { code, stdout } = (await replayed.catch((error: unknown) => error)) as { code?: number; stdout: string };
    const [before, after] = stdout.split('projection: the rows are made anew from the log\n');
    expect({ code, before }).toMatchObject({
      code: 1,
      before: expect.stringMatching(
        /^ {2}\d+ {2}ota\.acme\.device\.dev_1\.DeviceVersionReported {2}event-invalid: version 2/m,
      ),
    });
    const listed = (text = ''): string[] => text.split('\n').filter((line) => line.startsWith('  '));
    expect(listed(after)).toEqual(listed(before));
    const record = await standalone.ask('acme', 'viewer', 'GET', '/query/v1/devices/dev_1');
    expect(record.body).toMatchObject({ current_version: '1.2.0' });
  });
});
