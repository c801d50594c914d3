import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UpgradeRefused } from '@edgeflow/testkit';
import { ScriptedDevice } from '../e2e/scripted-device.js';
import { StandaloneUnderTest, imageOf } from '../e2e/standalone.harness.js';
import { textsOfLogs } from '../security/secret-scan.js';
import { holds } from './invariants.js';

const ORG = 'acme';
const [model, version] = ['faulty-mk1', '2.0.0'];
let standalone: StandaloneUnderTest;

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  const { status } = await standalone.upload(ORG, imageOf(), { version, models: model });
  expect(status).toBe(201);
});
afterAll(() => standalone.dispose());

const online = (from = '1.0.0'): Promise<ScriptedDevice> =>
  ScriptedDevice.online(standalone, { org: ORG, device_id: `dev_${randomUUID()}`, model, version: from });

async function told(from?: string) {
  const device = await online(from);
  const { update_id } = await device.updateTo(version);
  const say = (frame: object): void => device.tunnel.send(JSON.stringify({ update_id, ...frame }));
  const failure = async () => (await device.eventually(({ ota_status }) => ota_status === 'failed')).failure;
  return { device, update_id, say, failure };
}

interface Why {
  items: { type: string; text: string; data: { code?: string; count?: number } }[];
}

const why = (device: ScriptedDevice, code: string, count: number): Promise<Why> =>
  standalone.eventually<Why>(
    () => standalone.ask(ORG, 'viewer', 'GET', `/query/v1/devices/${device.story.device_id}/why`),
    ({ body }) =>
      body.items.some(({ type, data }) => type === 'DeviceRefused' && data.code === code && (data.count ?? 0) >= count),
  );

describe('a report of failure in odd words', () => {
  it.each([
    [{ code: 'install-failed', message: 'no room '.repeat(500) }, 'install-failed', 'no room '.repeat(128)],
    [{ code: 'install-failed', message: 'no room '.repeat(12_500) }, 'install-failed', 'no room '.repeat(128)],
    [{ code: 'Install Failed', message: 'no room' }, 'unspecified', 'Install Failed: no room'],
    [{ code: 28 }, 'unspecified', '28'],
  ])('ends its update, of which the device is told once: %#', async (members, code, detail) => {
    const { device, say, failure } = await told();
    say({ type: 'progress', phase: 'unpacking', progress: 1 });
    say({ type: 'progress', phase: 'downloading', progress: 12.5 });
    say({ type: 'failed', ...members });
    expect(await failure()).toEqual({ code, detail });
    expect(device.tunnel.frames.filter(({ type }) => type === 'update')).toHaveLength(1);
    await device.tunnel.close();
    await device.reconnect();
    expect(device.tunnel.frames.filter(({ type }) => type === 'update')).toEqual([]);
    await device.tunnel.close();
  });
});

describe('a device whose version is no semantic one', () => {
  it.each(['v1.0.0', '1.0', '1.2.3.4', 'factory-2019-07'])('%s is let in and is updated', async (from) => {
    const { device } = await told(from);
    await device.reboot(version);
    await device.eventually(
      ({ ota_status, current_version }) => ota_status === 'completed' && current_version === version,
    );
    await device.tunnel.close();
  });

  it('has failed an update that it comes back from so', async () => {
    const { device, failure } = await told();
    await device.reboot('v2.0.0');
    expect(await failure()).toMatchObject({
      code: 'unexpected-version',
      detail: expect.stringContaining('v2.0.0') as string,
    });
    expect(await device.eventually(() => true)).toMatchObject({ current_version: 'v2.0.0' });
    expect(device.tunnel.frames.filter(({ type }) => type === 'update')).toEqual([]);
    await device.tunnel.close();
  });
});

describe('a health check that says no', () => {
  it('is how the update ended, in its words', async () => {
    const { device, update_id, say, failure } = await told();
    say({ type: 'progress', phase: 'rebooting', progress: 90 });
    await device.eventually(({ progress }) => progress === 90);
    const failed = { update_id, code: 'rolled-back', message: 'no network after 30 s' };
    await device.reboot('1.0.0', { failed });
    expect(await failure()).toEqual({ code: 'rolled-back', detail: 'no network after 30 s' });
    await device.tunnel.close();
  });
});

describe('a device that boots again and again over its update', () => {
  it('has failed it at the third time that it was told', async () => {
    const { device, failure } = await told();
    for (let n = 0; n < 2; n++) {
      await device.reboot('1.0.0');
      await device.tunnel.next('update');
    }
    await device.reboot('1.0.0');
    expect(await failure()).toMatchObject({ code: 'reboot-loop' });
    await device.tunnel.close();
  });
});

describe('a device whose clock is wrong', () => {
  it.each([
    [-360, 'token-expired', '6 minutes behind'],
    [315_360_000, 'token-in-future', 'days ahead'],
    [-Math.floor(Date.now() / 1000), 'token-expired', 'behind'],
  ])('by %i s is told what time it is, and so is whoever asks why', async (ahead_s, code, words) => {
    const device = await online();
    await device.tunnel.close();
    const refused = await device.knock(await device.tokenAt(ahead_s)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UpgradeRefused);
    const { status, headers, body } = refused as UpgradeRefused;
    const { server_time } = JSON.parse(body) as { server_time: string };
    expect(status).toBe(401);
    expect(Math.abs(Date.parse(server_time) - Date.now())).toBeLessThan(60_000);
    expect(Date.parse(String(headers['date']))).toBe(Math.floor(Date.parse(server_time) / 1000) * 1000);
    const { items } = await why(device, code, 1);
    expect(items.find(({ type }) => type === 'DeviceRefused')?.text).toContain(words);
  });
});

describe('a device that is refused again and again', () => {
  it('is a line in the log of the gateway, not a line each, and is counted', async () => {
    const device = await online();
    const { device_id } = device.story;
    await device.tunnel.close();
    for (let n = 0; n < 20; n++) await device.knock(await device.tokenAt(-3_600)).catch(() => undefined);
    await why(device, 'token-expired', 1);
    const logs = Object.values(await textsOfLogs(standalone.home)).flatMap((text) => text.split('\n'));
    const lines = logs.filter(
      (line) => line.includes(device_id) && line.includes('a request for a tunnel was refused'),
    );
    // The first, and at most a minute that ends in between.
    expect(lines.length).toBeGreaterThanOrEqual(1);
    expect(lines.length).toBeLessThanOrEqual(3);
  });
});

describe('after all that', () => {
  it('the whole log holds', () => holds(standalone));
});
