import { updateStream } from '@edgeflow/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { World, hello, type TestDevice } from '../../testing/world.fixture.js';

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

  it.each<[string, (text: string) => Buffer, string, boolean]>([
    ['as binary data', (text) => Buffer.from(text), 'frames are text', true],
    ['of 100 kB', (text) => Buffer.from(text.replace('x', 'x'.repeat(100_000))), 'at most 16384 bytes', false],
    ['of nearly 1 MiB', (text) => Buffer.from(text.replace('x', 'x'.repeat(1_048_000))), 'at most 16384 bytes', false],
    ['that is no UTF-8', (text) => Buffer.from(text.replace('x', 'f\u00fcr'), 'latin1'), 'not UTF-8', false],
    ['that is no JSON', (text) => Buffer.from(text.replace('x', 'a "word"')), 'not JSON', false],
  ])('%s is in the log, in the timeline that it was odd, and the tunnel stays', async (_, frame, detail, binary) => {
    const { device, tunnel, update_id } = await updating();
    const text = JSON.stringify({ type: 'failed', update_id, code: 'install-failed', message: 'x' });
    tunnel.socket.send(frame(text), { binary });
    const error = await tunnel.next('error');
    expect(error.code).toBe('frame-invalid');
    expect(error.detail).toContain(detail);
    expect((await world.recorded(device, 'DeviceUpdateReported')).data).toMatchObject({ code: 'install-failed' });
    expect((await world.recorded(device, 'DeviceRefused')).data).toMatchObject({
      what: 'frame',
      code: 'frame-invalid',
    });
    await tunnel.close();
  });

  it('in pieces of 1 KiB is in the log', async () => {
    const { device, tunnel, update_id } = await updating();
    const message = 'no room '.repeat(50_000);
    const text = JSON.stringify({ type: 'failed', update_id, code: 'install-failed', message });
    const pieces = text.match(/.{1,1024}/g) ?? [];
    for (const [n, piece] of pieces.entries()) tunnel.socket.send(piece, { fin: n === pieces.length - 1 });
    expect((await world.recorded(device, 'DeviceUpdateReported')).data).toMatchObject({ code: 'install-failed' });
    await tunnel.close();
  });

  it('that is not even read leaves its trace', async () => {
    const { device, tunnel, update_id } = await updating();
    const message = 'x'.repeat(1_100_000);
    tunnel.send(JSON.stringify({ type: 'failed', update_id, code: 'install-failed', message }));
    expect((await tunnel.closed).code).toBe(1009);
    expect((await world.recorded(device, 'DeviceRefused')).data).toMatchObject({ code: 'frame-too-large' });
  });

  it.each([
    ['before the hello', (failed: string) => [failed, JSON.stringify(hello())]],
    ['right behind it', (failed: string) => [JSON.stringify(hello()), failed]],
    ['with garbage behind it', (failed: string) => [JSON.stringify(hello()), failed, 'no JSON']],
  ])('%s is in the log, though the device leaves at once', async (_, frames) => {
    const { device, tunnel, update_id } = await updating();
    await tunnel.close();
    const again = await world.tunnel(gateway, device);
    const failed = { type: 'failed', update_id, code: 'install-failed', message: 'no room' };
    for (const frame of frames(JSON.stringify(failed))) again.send(frame);
    again.socket.close();
    expect((await world.recorded(device, 'DeviceUpdateReported')).data).toMatchObject({ code: 'install-failed' });
    await world.recorded(device, 'DeviceDisconnected', 2);
  });
});

describe('progress', () => {
  it('is rounded and clamped, and a phase that is not known is answered', async () => {
    const { device, tunnel, update_id } = await updating();
    const say = (phase: string, progress: unknown) =>
      tunnel.send(JSON.stringify({ type: 'progress', update_id, phase, progress }));
    say('downloading', 12.6);
    await world.recorded(device, 'DeviceProgressReported');
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

describe('a hello without a boot', () => {
  it('is told so, is of one boot always, and may not say what it is done with', async () => {
    const device = await world.device(gateway);
    const { boot_id: _none, ...nameless } = hello();
    const connected = async (said: object, codes: string[]) => {
      const tunnel = await world.tunnel(gateway, device);
      tunnel.send(JSON.stringify({ ...nameless, ...said }));
      for (const code of codes) expect((await tunnel.next('error')).code).toBe(code);
      await tunnel.next('welcome');
      return tunnel;
    };
    const first = await connected({}, ['member-invalid']);
    const { data } = await world.dispatch(device, { force: true, version: '1.0.0', from_boot_id: 'unknown' });
    const { update_id } = await first.next('update');
    first.send({ type: 'progress', update_id, phase: 'installing', progress: 90 });
    await world.recorded(device, 'DeviceProgressReported');
    await first.close();
    const back = await connected({ done_with: update_id }, ['member-invalid', 'unknown-member']);
    expect((await back.next('update')).update_id).toBe(data.update_id);
    expect((await world.all(device, 'DeviceConnected')).map((event) => event.data.boot_id)).toEqual([
      'unknown',
      'unknown',
    ]);
    expect(await world.all(device, 'DeviceVersionReported')).toHaveLength(1);
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
  it.each([
    ['with garbage', 'no JSON', 4400],
    ['with what is not even read', 'x'.repeat(1_100_000), 1009],
  ])('%s is told three times, and then has to wait', async (_, frame, code) => {
    const device = await world.device(gateway);
    await world.dispatch(device);
    for (let n = 0; n < 3; n++) {
      const tunnel = await world.connected(gateway, device);
      await tunnel.next('update');
      tunnel.send(frame);
      expect((await tunnel.closed).code).toBe(code);
    }
    const fourth = await world.connected(gateway, device);
    // The stream was read: a cancellation after it is heard, and no offer came before.
    const [dispatch] = await world.log.read(updateStream(device));
    await world.end(dispatch as Parameters<World['end']>[0], 'UpdateCancelled');
    fourth.send(JSON.stringify({ type: 'url', update_id: 'upd-none' }));
    await fourth.next('error');
    expect(fourth.frames.map(({ type }) => type)).not.toContain('update');
    await fourth.close();
  });
});
