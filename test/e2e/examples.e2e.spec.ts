import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf, StandaloneUnderTest, type TestImage } from './standalone.harness.js';

const run = promisify(execFile);
const EXAMPLES = join(import.meta.dirname, '../../examples');
/** A Python that has what examples/device-python needs. */
const PYTHON = [process.env['EXAMPLES_PYTHON'], 'python3', '/usr/bin/python3'].find(
  (python) => python !== undefined && succeeds(python, ['-c', 'import websockets, cryptography']),
);
const SHELL = succeeds('bash', ['-c', 'command -v curl jq && openssl genpkey -algorithm ed25519 -out /dev/null']);

if (!PYTHON) console.warn('SKIPPED: no Python with websockets and cryptography (or EXAMPLES_PYTHON) for examples');
if (!SHELL) console.warn('SKIPPED: no bash with curl, jq and OpenSSL 3 for examples');

function succeeds(program: string, args: string[]): boolean {
  return spawnSync(program, args).status === 0;
}

interface DeviceRecord {
  current_version: string;
  ota_status: string;
  online: boolean;
  failure: { code: string } | null;
  postponed: { reason: string } | null;
}

/** An example of a device: how it is started, and where it keeps who signs its firmware. */
interface Example {
  name: string;
  keepsSigners: string;
  start(at: { device_id: string; folder: string; claim: string; ca: string; origin: string }): ChildProcess;
}

const python: Example = {
  name: 'device-python',
  keepsSigners: 'state.json',
  start: ({ device_id, folder, claim, ca, origin }) => {
    const where = ['--origin', origin, '--ca', ca, '--dir', folder, '--claim-token-file', claim, '--postpone-s', '5'];
    const program = join(EXAMPLES, 'device-python/device.py');
    return spawn(PYTHON ?? '', ['-B', program, ...where, '--device-id', device_id, '--model', 'board']);
  },
};

const bash: Example = {
  name: 'device-bash',
  keepsSigners: 'registration.json',
  start: ({ device_id, folder, claim, ca, origin }) =>
    spawn('bash', [join(EXAMPLES, 'device-bash/device.sh')], {
      env: {
        ...process.env,
        ...{ EDGEFLOW_ORIGIN: origin, EDGEFLOW_CA: ca, CLAIM_TOKEN_FILE: claim },
        ...{ DEVICE_DIR: folder, DEVICE_ID: device_id, DEVICE_MODEL: 'board', POSTPONE_S: '5' },
      },
    }),
};

/** An origin at which nothing listens (the port of tcpmux). */
const NOBODY = 'https://localhost:1';
const PATIENCE = { timeout: 60_000, interval: 200 };

const image = imageOf();
let standalone: StandaloneUnderTest;

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  await upload(image, '1.1.0', 1);
  await upload(imageOf(), '1.1.1', 1);
  await upload(imageOf(), '1.2.0', 2);
  await upload(imageOf(), '3.0.0', 3);
});
afterAll(() => standalone.dispose());

async function upload(bytes: TestImage, version: string, release_counter: number): Promise<void> {
  const { status, body } = await standalone.upload('acme', bytes, { version, models: 'board', release_counter });
  expect(status, JSON.stringify(body)).toBe(201);
}

describe.each([
  { example: python, here: PYTHON !== undefined },
  { example: bash, here: SHELL },
])('examples/$example.name', ({ example, here }) => {
  const device_id = `example_${example.name}`;
  let folder: TemporaryFolder;
  let device: ChildProcess | undefined;
  let output = '';

  beforeAll(async () => {
    folder = await temporaryFolder(example.name);
  });
  afterAll(async () => {
    await stop();
    await folder.remove();
  });

  it.runIf(here)('registers itself, and is updated', async () => {
    start();
    await become((record) => record.online && record.current_version === '1.0.0');
    await update('1.1.0');
    const record = await become(({ ota_status }) => ota_status !== 'updating' && ota_status !== 'idle');
    expect(record, output).toMatchObject({ ota_status: 'completed', current_version: '1.1.0', failure: null });
    const installed = await readFile(join(folder.path, 'image.bin'));
    expect(createHash('sha256').update(installed).digest('hex')).toBe(image.sha256);
  });

  it.runIf(here)('is updated later where somebody uses it', async () => {
    await writeFile(join(folder.path, 'busy'), 'the driver is on the road');
    await update('1.1.1');
    const record = await become(({ postponed }) => postponed !== null);
    expect(record.postponed).toMatchObject({ reason: 'the driver is on the road' });
    await rm(join(folder.path, 'busy'));
    await become(({ ota_status, current_version }) => ota_status === 'completed' && current_version === '1.1.1');
  });

  it.runIf(here)('installs nothing that the key which it trusts has not signed', async () => {
    await stop();
    await become((record) => !record.online);
    const file = join(folder.path, example.keepsSigners);
    const text = await readFile(file, 'utf8');
    const other = text.replace(/("signing"[\s\S]*?"x": *")[^"]+/, `$1${Buffer.alloc(32, 7).toString('base64url')}`);
    expect(other).not.toBe(text);
    await writeFile(file, other);
    start();
    await become((record) => record.online);
    await update('1.2.0');
    const record = await become(({ ota_status }) => ota_status === 'failed');
    expect(record).toMatchObject({ current_version: '1.1.1', failure: { code: 'signature-invalid' } });
  });

  it.runIf(here)('tries again while the cloud is away', async () => {
    await stop();
    output = '';
    start(NOBODY);
    await expect.poll(() => output.match(/no (answer|tunnel|connection)/g)?.length ?? 0, PATIENCE).toBeGreaterThan(1);
  });

  function start(origin = standalone.endpoints.origin): void {
    const { ca, device_claims } = standalone.endpoints;
    const claim = join(device_claims, 'acme.token');
    device = example.start({ device_id, folder: folder.path, claim, ca, origin });
    for (const stream of [device.stdout, device.stderr])
      stream?.on('data', (data: Buffer) => (output += data.toString()));
  }

  async function stop(): Promise<void> {
    if (!device || device.exitCode !== null || device.signalCode !== null) return;
    device.kill('SIGTERM');
    await once(device, 'close');
  }

  async function update(version: string): Promise<void> {
    const asked = await standalone.ask('acme', 'operator', 'POST', '/orchestrator/v1/updates', { device_id, version });
    expect(asked, output).toMatchObject({ status: 202 });
  }

  async function become(wanted: (record: DeviceRecord) => boolean): Promise<DeviceRecord> {
    try {
      return await standalone.eventually(
        () => standalone.ask<DeviceRecord>('acme', 'viewer', 'GET', `/query/v1/devices/${device_id}`),
        ({ status, body }) => status === 200 && wanted(body),
      );
    } catch (cause) {
      throw new Error(`the device said:\n${output}`, { cause });
    }
  }
});

describe('examples/team-nats', () => {
  let folder: TemporaryFolder;

  beforeAll(async () => {
    folder = await temporaryFolder('team-nats');
  });
  afterAll(() => folder.remove());

  it('asks for a rollout, and reads that it is accepted', async () => {
    const answer = await request({ target: { fleet: 'nobody' }, membership: 'continuous' });
    expect(answer).toMatchObject({ exit: 0, type: 'RolloutAccepted', data: { spec: { version: '3.0.0' } } });
    const { rollout_id } = (answer as { data: { rollout_id: string } }).data;
    const shown = await standalone.eventually(
      () => standalone.ask<{ version: string }>('acme', 'viewer', 'GET', `/query/v1/rollouts/${rollout_id}`),
      ({ status }) => status === 200,
    );
    expect(shown).toMatchObject({ version: '3.0.0' });
  });

  it('reads why one is refused', async () => {
    const answer = await request({ target: { devices: ['no_such_device'] } });
    expect(answer).toMatchObject({ exit: 3, type: 'RequestRefused', data: { code: 'target-empty' } });
  });

  async function request(wanted: object): Promise<object> {
    const file = join(folder.path, 'rollout.json');
    await writeFile(file, JSON.stringify({ version: '3.0.0', strategy: { type: 'all_at_once' }, ...wanted }));
    const { nats_users, nats_ca } = standalone.endpoints;
    const env = { ...process.env, NATS_URL_FILE: join(nats_users, 'publisher-acme.url'), NATS_CA_FILE: nats_ca };
    const program = join(EXAMPLES, 'team-nats/request-rollout.ts');
    const { code: exit, stdout } = await run(process.execPath, [program, file], { env }).then(
      (done) => ({ code: 0, stdout: done.stdout }),
      (error: { code: number; stdout: string; stderr: string }) => {
        if (error.code !== 3) throw new Error(error.stderr);
        return error;
      },
    );
    return { exit, ...(JSON.parse(stdout) as object) };
  }
});
