import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Phase } from '@edgeflow/contracts';
import type { RunningService } from '@edgeflow/service-host';
import { World, eventually, hello } from '../testing/world.fixture.js';

let world: World;
let gateway: RunningService;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
});
afterAll(() => world.stop());

async function updating() {
  const device = await world.device(gateway);
  const tunnel = await world.connected(gateway, device);
  const dispatch = await world.dispatch(device);
  const { update_id } = dispatch.data;
  await tunnel.next('update');
  const say = (phase: Phase, progress: number) => tunnel.send({ type: 'progress', update_id, phase, progress });
  return { device, tunnel, dispatch, update_id, say };
}

describe('progress', () => {
  it('is in the log with the newest phase, as a consequence of the dispatch', async () => {
    const { device, tunnel, dispatch, say } = await updating();
    for (const phase of ['downloading', 'verifying', 'installing'] as const) say(phase, 0);
    await world.recorded(device, 'DeviceProgressReported');
    say('rebooting', 100);
    await world.recorded(device, 'DeviceProgressReported', 2);
    const events = await world.all(device, 'DeviceProgressReported');
    expect(events.map(({ data }) => data.phase)).toEqual(['installing', 'rebooting']);
    for (const { causation_id, correlation_id } of events) {
      expect({ causation_id, correlation_id }).toEqual({
        causation_id: dispatch.id,
        correlation_id: dispatch.correlation_id,
      });
    }
    await tunnel.close();
  });

  it('is coalesced, and its last word is not lost', async () => {
    const { device, tunnel, say } = await updating();
    for (let percent = 0; percent <= 60; percent++) say('downloading', percent);
    const points = await eventually(async () => {
      const events = await world.all(device, 'DeviceProgressReported');
      return events.some(({ data }) => data.progress === 60) ? events.map(({ data }) => data.progress) : undefined;
    }, 'the last word');
    expect(points.length).toBeLessThanOrEqual(12);
    await tunnel.close();
  });

  it('that waits is written before the goodbye', async () => {
    const { device, tunnel, say } = await updating();
    say('downloading', 0);
    say('downloading', 50);
    await tunnel.close();
    const goodbye = await world.recorded(device, 'DeviceDisconnected');
    const last = await world.recorded(device, 'DeviceProgressReported');
    expect(last.data.progress).toBe(50);
    expect(last.position).toBeLessThan(goodbye.position);
  });

  it('of an unknown update is refused and not written', async () => {
    const { device, tunnel } = await updating();
    tunnel.send({ type: 'progress', update_id: 'upd-none', phase: 'downloading', progress: 5 });
    expect(await tunnel.next('error')).toMatchObject({ code: 'update-unknown' });
    await tunnel.close();
    await world.recorded(device, 'DeviceDisconnected');
    expect(await world.all(device, 'DeviceProgressReported')).toEqual([]);
  });
});

describe('a failure', () => {
  it('is written once, however often and on however many tunnels it is said', async () => {
    const { device, tunnel, dispatch, update_id } = await updating();
    const failed = { type: 'failed', update_id, code: 'checksum-mismatch', message: 'not the image' } as const;
    tunnel.send(failed);
    tunnel.send(failed);
    expect(await world.recorded(device, 'DeviceUpdateReported')).toMatchObject({
      data: {
        update_id,
        outcome: 'failed',
        code: 'checksum-mismatch',
        message: 'not the image',
        reported_by: 'device',
      },
      causation_id: dispatch.id,
    });
    await tunnel.close();
    const again = await world.connected(gateway, device);
    again.send(failed);
    await again.close();
    await world.recorded(device, 'DeviceDisconnected', 2);
    expect(await world.all(device, 'DeviceUpdateReported')).toHaveLength(1);
    expect(again.frames.some(({ type }) => type === 'update')).toBe(false);
  });
});

describe('a rebooted device', () => {
  it('proves its version as a consequence of the dispatch, and is not offered the update again', async () => {
    const { device, tunnel, dispatch, say } = await updating();
    say('rebooting', 100);
    await world.recorded(device, 'DeviceProgressReported');
    tunnel.cut();
    const back = await world.connected(gateway, device, { version: '2.0.0', boot_id: 'boot-2' });
    const report = await world.recorded(device, 'DeviceVersionReported', 2);
    expect(report).toMatchObject({
      data: { version: '2.0.0', boot_id: 'boot-2' },
      causation_id: dispatch.id,
      correlation_id: dispatch.correlation_id,
    });
    back.send('{"type":"telemetry"}');
    await back.next('error');
    await back.close();
    expect(back.frames.some(({ type }) => type === 'update')).toBe(false);
  });

  it('may come back on the old version, and is not offered the update again', async () => {
    const { device, tunnel, say } = await updating();
    say('rebooting', 100);
    await world.recorded(device, 'DeviceProgressReported');
    tunnel.cut();
    const back = await world.connected(gateway, device, { boot_id: 'boot-2' });
    await world.recorded(device, 'DeviceVersionReported', 2);
    await back.close();
    expect(back.frames.some(({ type }) => type === 'update')).toBe(false);
  });

  it('is offered the update again after a power cut in mid-download', async () => {
    const { device, tunnel, update_id, say } = await updating();
    say('downloading', 30);
    await world.recorded(device, 'DeviceProgressReported');
    tunnel.cut();
    const back = await world.tunnel(gateway, device);
    back.send(hello({ boot_id: 'boot-2' }));
    expect((await back.next('update')).update_id).toBe(update_id);
    await back.close();
  });
});
