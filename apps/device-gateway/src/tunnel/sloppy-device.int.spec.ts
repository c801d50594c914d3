import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { World, hello, updateLane, type TestDevice } from '../testing/world.fixture.js';

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
  const { update_id } = (await world.dispatch(device)).data;
  await tunnel.next('update');
  return { device, tunnel, update_id };
}

/** What comes out of it when a device reports a failure with these members. */
async function reported(members: object) {
  const { device, tunnel, update_id } = await updating();
  tunnel.send(JSON.stringify({ type: 'failed', update_id, ...members }));
  const { data } = await world.recorded(device, 'DeviceUpdateReported');
  tunnel.send(JSON.stringify({ type: 'telemetry' }));
  // It is still there to be spoken to.
  await tunnel.next('error');
  await tunnel.close();
  return data;
}

describe('a report of failure', () => {
  it('with a message that is too long is in the log, cut', async () => {
    const { code, message } = await reported({ code: 'install-failed', message: 'no room '.repeat(1_000) });
    expect({ code, message }).toEqual({ code: 'install-failed', message: 'no room '.repeat(128) });
  });

  it('with a code that is none is in the log, in its words', async () => {
    const data = await reported({ code: 'Install Failed', message: 'no room' });
    expect(data).toMatchObject({ code: 'unspecified', message: 'Install Failed: no room', reported_by: 'device' });
  });

  it.each<[string, (text: string) => string | Buffer]>([
    ['as binary data', (text) => Buffer.from(text)],
    ['beyond 16 KiB', (text) => text.replace('"x"', `"${'x'.repeat(20_000)}"`)],
  ])('%s ends the tunnel and is in the log all the same', async (_, frame) => {
    const { device, tunnel, update_id } = await updating();
    tunnel.socket.send(frame(JSON.stringify({ type: 'failed', update_id, code: 'install-failed', message: 'x' })));
    expect((await tunnel.closed).code).toBe(4400);
    expect((await world.recorded(device, 'DeviceUpdateReported')).data).toMatchObject({ code: 'install-failed' });
  });
});

describe('progress', () => {
  it('is rounded and clamped, and a phase that is not known is answered', async () => {
    const { device, tunnel, update_id } = await updating();
    const say = (phase: string, progress: unknown) =>
      tunnel.send(JSON.stringify({ type: 'progress', update_id, phase, progress }));
    say('downloading', 12.6);
    say('unpacking', 50);
    expect((await tunnel.next('error')).code).toBe('member-invalid');
    expect((await tunnel.next('error')).code).toBe('unknown-phase');
    say('installing', '250');
    const last = await world.recorded(device, 'DeviceProgressReported', 2);
    const points = (await world.all(device, 'DeviceProgressReported')).map(({ data }) => data.progress);
    expect(points).toEqual([13, 100]);
    expect(last.data.phase).toBe('installing');
    await tunnel.close();
  });
});

describe('a version', () => {
  it.each(['v2.0.0', '1.0', '1.2.3.4', 'factory-2019-07', 'x'.repeat(128)])('%s locks nobody out', async (version) => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device, { version });
    expect((await world.recorded(device, 'DeviceVersionReported')).data.version).toBe(version);
    expect((await world.recorded(device, 'DeviceConnected')).data.version).toBe(version);
    await tunnel.close();
  });

  it('that is neither the old nor the new one is not answered with the update again', async () => {
    const { device, tunnel, update_id } = await updating();
    await tunnel.close();
    const back = await world.connected(gateway, device, { version: 'v2.0.0', boot_id: 'boot-2' });
    back.send(JSON.stringify({ type: 'url', update_id }));
    expect((await back.next('error')).code).toBe('update-unknown');
    expect(back.frames.map(({ type }) => type)).not.toContain('update');
    await back.close();
  });
});

describe('a hello that says how the update ended', () => {
  const failed = (update_id: string) => ({ update_id, code: 'rolled-back', message: 'the health check said no' });

  async function comesBack(device: TestDevice, update_id: string) {
    const back = await world.connected(gateway, device, { boot_id: 'boot-2', failed: failed(update_id) });
    await world.recorded(device, 'DeviceVersionReported', 2);
    return back;
  }

  it('is in the log before the version that it came back with, once', async () => {
    const { device, tunnel, update_id } = await updating();
    tunnel.send({ type: 'progress', update_id, phase: 'rebooting', progress: 90 });
    await world.recorded(device, 'DeviceProgressReported');
    await tunnel.close();
    const back = await comesBack(device, update_id);
    const report = await world.recorded(device, 'DeviceUpdateReported');
    expect(report.data).toMatchObject({ ...failed(update_id), reported_by: 'device' });
    const version = await world.recorded(device, 'DeviceVersionReported', 2);
    expect(report.position).toBeLessThan(version.position);
    await back.close();
    const again = await world.connected(gateway, device, { boot_id: 'boot-2', failed: failed(update_id) });
    await again.close();
    expect(await world.all(device, 'DeviceUpdateReported')).toHaveLength(1);
    expect([...back.frames, ...again.frames].map(({ type }) => type)).not.toContain('update');
  });

  it('of an update that is over is answered', async () => {
    const device = await world.device(gateway);
    const dispatch = await world.dispatch(device);
    await world.end(dispatch, 'UpdateFailed');
    const tunnel = await world.tunnel(gateway, device);
    tunnel.send(hello({ failed: failed(dispatch.data.update_id) }));
    expect((await tunnel.next('error')).code).toBe('update-unknown');
    await tunnel.close();
  });
});

describe('a device that breaks its tunnel whenever it is told', () => {
  it('is told three times, and then has to wait', async () => {
    const device = await world.device(gateway);
    await world.dispatch(device);
    for (let n = 0; n < 3; n++) {
      const tunnel = await world.connected(gateway, device);
      await tunnel.next('update');
      tunnel.send('no JSON');
      expect((await tunnel.closed).code).toBe(4400);
    }
    const fourth = await world.connected(gateway, device);
    // The lane was read: a cancellation after it is heard, and no offer came before.
    const [dispatch] = await world.log.read(updateLane(device));
    await world.end(dispatch as Parameters<World['end']>[0], 'UpdateCancelled');
    fourth.send(JSON.stringify({ type: 'url', update_id: 'upd-none' }));
    await fourth.next('error');
    expect(fourth.frames.map(({ type }) => type)).not.toContain('update');
    await fourth.close();
  });
});
