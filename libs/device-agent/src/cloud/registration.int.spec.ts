import { join } from 'node:path';
import { systemEntropy, systemMachine } from '@edgeflow/runtime';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeCloud } from '../fake-cloud.fixture.js';
import { silentLog } from '../log.js';
import { Connections } from './connections.js';
import { generateDeviceKey } from './device-key.js';
import { registerDevice, type Registered } from './registration.js';

let folder: TemporaryFolder;
let cloud: FakeCloud;
let connections: Connections;

beforeEach(async () => {
  folder = await temporaryFolder('registration');
  cloud = await FakeCloud.start(join(folder.path, 'ca'));
  connections = new Connections({ ca: cloud.ca });
});
afterEach(async () => {
  connections.close();
  await cloud.stop();
  await folder.remove();
});

const registration = { device_id: 'dev_1', model: 'm1', public_key: generateDeviceKey(systemEntropy).public_key };

function register(over: { connections?: Connections; signal?: AbortSignal } = {}): Promise<Registered> {
  return registerDevice(registration, {
    origin: cloud.origin,
    connections,
    claim_token: 'claim',
    log: silentLog,
    ...systemMachine,
    signal: new AbortController().signal,
    window: { min_s: 0, max_s: 0 },
    ...over,
  });
}

describe('a registration', () => {
  it('brings the keys that sign the firmware', async () => {
    const signing = { signature: 'required', keys: [{ kid: 'k1', public_key: registration.public_key }] };
    cloud.registrationAnswers.push({ status: 201, body: { signing } }, { status: 201, body: { signing: { keys: 1 } } });
    expect(await register()).toEqual({ signing });
    expect(await register()).toEqual({});
  });

  it('brings the public key and the claim', async () => {
    await register();
    expect(cloud.registrations).toEqual([{ body: registration, authorization: 'Claim claim' }]);
  });

  it('is as good when the device is known already', async () => {
    cloud.registrationAnswers.push({ status: 200 });
    await expect(register()).resolves.toEqual({});
  });

  it('waits for a cloud that is away or busy', async () => {
    cloud.registrationAnswers.push({ status: 503 }, { status: 429 }, { status: 500 });
    await register();
    expect(cloud.registrations).toHaveLength(4);
  });

  it.each([
    [409, { code: 'device-exists', detail: 'another key' }, 'device-exists'],
    [401, {}, 'unauthorized'],
    [400, { code: 'no-such-code' }, 'invalid-request'],
  ])('is given up when it is refused with %i', async (status, body, code) => {
    cloud.registrationAnswers.push({ status, body });
    await expect(register()).rejects.toMatchObject({ code });
    expect(cloud.registrations).toHaveLength(1);
  });

  it('goes to no server that its CA does not know', async () => {
    const stranger = new Connections();
    const signal = AbortSignal.timeout(500);
    await expect(register({ connections: stranger, signal })).rejects.toThrow();
    stranger.close();
    expect(cloud.registrations).toHaveLength(0);
  });
});
