import { join } from 'node:path';
import { given } from '@edgeflow/contracts';
import { systemClock, systemEntropy, systemMachine } from '@edgeflow/runtime';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Connections } from './cloud/connections.js';
import { generateDeviceKey } from './cloud/device-key.js';
import { DeviceAgent } from './device-agent.js';
import type { Running } from './device-platform.js';
import { sayOnceConfirmed } from './disk/confirmed-watch.js';
import { FakeCloud } from './fake-cloud.fixture.js';
import { MemoryDevice } from './memory-device.js';

let folder: TemporaryFolder;
let cloud: FakeCloud;
let connections: Connections;

beforeEach(async () => {
  folder = await temporaryFolder('agent-confirmed');
  cloud = await FakeCloud.start(join(folder.path, 'ca'));
  connections = new Connections({ ca: cloud.ca });
});
afterEach(async () => {
  connections.close();
  await cloud.stop();
  await folder.remove();
});

/** Its boot loader may take the version back until it stays. */
class Unsure extends MemoryDevice {
  stays = false;

  override async running(): Promise<Running> {
    return { ...(await super.running()), confirmed: this.stays };
  }
}

it('a device that knows whether its version stays says so in its hello, and again once that has changed', async () => {
  const platform = new Unsure('1.0.0', systemEntropy);
  const identity = { device_id: 'dev_1', org: 'acme', model: 'm1', key: generateDeviceKey(systemEntropy) };
  const agent = new DeviceAgent({ ...systemMachine, ...identity, origin: cloud.origin, connections, platform });
  await agent.start();
  const tunnel = await cloud.nextTunnel();
  expect(tunnel.hello).toMatchObject({ version: '1.0.0', confirmed: false });
  platform.stays = true;
  await agent.sayAgain();
  const again = await tunnel.until(({ type }) => type === 'hello');
  expect(again).toMatchObject({ version: '1.0.0', confirmed: true, boot_id: tunnel.hello.boot_id });
  await agent.stop();
});

it('an agent says so again as soon as it is known, and never where it is known from the start', async () => {
  let said = 0;
  const agent = { sayAgain: async () => void (said += 1) };
  const asked = (...answers: (boolean | undefined)[]) => ({
    running: async (): Promise<Running> => ({
      version: '1.0.0',
      boot_id: 'b',
      ...given({ confirmed: answers.shift() }),
    }),
  });
  const { signal } = new AbortController();
  const often = { clock: systemClock, every_ms: 1 };
  await sayOnceConfirmed(agent, asked(false, false, false, true), signal, often);
  expect(said).toBe(1);
  for (const known of [asked(true), asked(undefined)]) await sayOnceConfirmed(agent, known, signal, often);
  await sayOnceConfirmed(agent, asked(false), AbortSignal.abort(), often);
  expect(said).toBe(1);
});
