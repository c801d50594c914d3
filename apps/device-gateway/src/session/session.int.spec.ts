import { randomUUID } from 'node:crypto';
import type { CloudFrame } from '@edgeflow/contracts';
import type { DataOf } from '@edgeflow/contracts';
import type { RunningService } from '@edgeflow/service-host';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryConnection } from '../testing/memory-connection.fixture.js';
import { updateOf as updateIn } from '../testing/update-of.fixture.js';
import { World, eventually, hello, type TestDevice } from '../testing/world.fixture.js';
import type { DeviceFrame, ReceivedHello } from './device-frame.js';

let world: World;
let gateway: RunningService;
let strict: RunningService;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
  strict = await world.gateway({
    GATEWAY_ID: 'gw-strict',
    DEVICE_EVENTS_PER_MINUTE: '40',
    UPGRADES_PER_MINUTE: '1000',
  });
});
afterAll(() => world.stop());

/** The device's end of its connection, whatever that is. */
interface Connection {
  readonly frames: readonly CloudFrame[];
  readonly closed: Promise<{ code: number }>;
  say(frame: DeviceFrame): void;
  next<T extends CloudFrame['type']>(type: T): Promise<Extract<CloudFrame, { type: T }>>;
  leave(): void;
}

type Connect = (at: RunningService, device: TestDevice) => Promise<Connection>;

const byTunnel: Connect = async (at, device) => {
  const tunnel = await world.tunnel(at, device);
  return {
    frames: tunnel.frames,
    closed: tunnel.closed,
    say: (frame) => tunnel.send(JSON.stringify(frame)),
    next: (type) => tunnel.next(type),
    leave: () => void tunnel.close(),
  };
};
const inMemory: Connect = (at, device) => MemoryConnection.open(at, device);

const { boot_id: _boot, ...nameless } = hello();

const updateOf = (device: TestDevice) => updateIn(world, device);

const endOf = (device: TestDevice) =>
  eventually(async () => {
    const update = await updateOf(device);
    return update.status === 'ending' ? update.ending : undefined;
  }, 'the end of the update');

const transports: [protocol: string, connect: Connect, said: (more?: Partial<ReceivedHello>) => ReceivedHello][] = [
  ['edgeflow.ota.v1', byTunnel, (more) => hello(more)],
  ['memory', inMemory, (more) => hello(more)],
  ['memory', inMemory, ({ boot_id: _none, ...more } = {}) => ({ ...nameless, ...more })],
];

describe.each(transports)('a session over %s', (protocol, connect, said) => {
  async function joined(device: TestDevice, more: Partial<ReceivedHello> = {}, at = gateway): Promise<Connection> {
    const connection = await connect(at, device);
    connection.say(said(more));
    await connection.next('welcome');
    return connection;
  }

  async function updating(plan: Partial<DataOf<'UpdateDispatched'>> = {}) {
    const device = await world.device(gateway);
    const connection = await joined(device);
    const { boot_id } = (await world.recorded(device, 'DeviceConnected')).data;
    const dispatch = await world.dispatch(device, { ...(boot_id !== undefined && { from_boot_id: boot_id }), ...plan });
    const { update_id } = dispatch.data;
    const offer = await connection.next('update');
    return { device, connection, dispatch, update_id, offer };
  }

  it('is in the log from the hello to the goodbye', async () => {
    const device = await world.device(gateway);
    const connection = await joined(device, { agent: 'spec/1' });
    const { data } = await world.recorded(device, 'DeviceConnected');
    expect(data).toMatchObject({ protocol, gateway_id: 'gw-1', version: '1.0.0', model: 'cam-1', agent: 'spec/1' });
    expect(data.boot_id).toBe(said().boot_id);
    expect((await world.recorded(device, 'DeviceVersionReported')).data.boot_id).toBe(said().boot_id);
    connection.leave();
    const { session_id } = data;
    expect((await world.recorded(device, 'DeviceDisconnected')).data).toMatchObject({ session_id, protocol });
  });

  it('carries an update from its offer to the version that proves it', async () => {
    const { device, connection, dispatch, update_id, offer } = await updating();
    expect(offer).toMatchObject({ update_id, version: '2.0.0', url: expect.stringContaining('https://') as string });
    for (const phase of ['downloading', 'verifying', 'installing', 'rebooting'] as const) {
      connection.say({ type: 'progress', update_id, phase, progress: 100 });
    }
    connection.leave();
    expect((await world.recorded(device, 'DeviceProgressReported')).data.phase).toBe('rebooting');
    const back = await joined(device, { version: '2.0.0', boot_id: 'boot-2' });
    const reported = await world.recorded(device, 'DeviceVersionReported', 2);
    expect(reported).toMatchObject({ data: { version: '2.0.0' }, causation_id: dispatch.id });
    expect(await endOf(device)).toMatchObject({ outcome: 'completed' });
    expect(back.frames.map(({ type }) => type)).not.toContain('update');
    back.leave();
  });

  it('carries the word of a device that it failed, and no second one', async () => {
    const { device, connection, update_id } = await updating();
    const failed = { update_id, code: 'checksum-mismatch', message: 'no' };
    connection.say({ type: 'failed', ...failed });
    connection.say({ type: 'failed', ...failed });
    connection.say({ type: 'url', update_id });
    await connection.next('error');
    expect(await endOf(device)).toMatchObject({ outcome: 'failed', code: 'checksum-mismatch' });
    expect(await world.all(device, 'DeviceUpdateReported')).toHaveLength(1);
    connection.leave();
  });

  it('does not offer what somebody wants later before it is dispatched again, wherever the device comes', async () => {
    const { device, connection, dispatch, update_id } = await updating();
    connection.say({ type: 'postpone', update_id, for_s: 600, reason: 'on the road' });
    const { data, causation_id, time } = await world.recorded(device, 'DeviceUpdatePostponed');
    expect({ data, causation_id }).toMatchObject({
      ...{ data: { update_id, for_s: 600, reason: 'on the road' }, causation_id: dispatch.id },
    });
    expect(Date.parse(data.until) - Date.parse(time)).toBe(600_000);
    connection.leave();
    for (const at of [gateway, await world.gateway({ GATEWAY_ID: `gw-${randomUUID()}` })]) {
      const back = await joined(device, {}, at);
      back.say({ type: 'failed', update_id: 'upd-unknown', code: 'x', message: '' });
      await back.next('error');
      expect(back.frames.map(({ type }) => type)).not.toContain('update');
      back.leave();
    }
    const later = await joined(device);
    const { from_boot_id } = dispatch.data;
    await world.dispatch(device, { ...dispatch.data, ...(from_boot_id && { from_boot_id }), postponed_s: 600 });
    expect(await later.next('update')).toMatchObject({ update_id });
    expect((await updateOf(device)).status).toBe('dispatched');
    later.leave();
  });

  it('takes no postponement of what it does not know, or of what is being installed', async () => {
    const { device, connection, update_id } = await updating();
    connection.say({ type: 'postpone', update_id: 'upd-unknown', for_s: 60 });
    expect((await connection.next('error')).code).toBe('update-unknown');
    connection.say({ type: 'progress', update_id, phase: 'installing', progress: 10 });
    await world.recorded(device, 'DeviceProgressReported');
    connection.leave();
    const back = await joined(device);
    back.say({ type: 'postpone', update_id, for_s: 60 });
    expect((await back.next('error')).code).toBe('update-installing');
    expect(await world.all(device, 'DeviceUpdatePostponed')).toEqual([]);
    back.leave();
  });

  it('tells of an update that is withdrawn', async () => {
    const { connection, dispatch, update_id } = await updating();
    await world.end(dispatch, 'UpdateCancelled');
    expect((await connection.next('cancel')).update_id).toBe(update_id);
    connection.leave();
  });

  it('is over when its device opens a newer one', async () => {
    const device = await world.device(gateway);
    const older = await joined(device);
    const newer = await joined(device);
    expect((await older.next('error')).code).toBe('replaced');
    expect((await older.closed).code).toBe(4409);
    const first = await world.recorded(device, 'DeviceConnected', 1);
    const { session_id } = first.data;
    expect((await world.recorded(device, 'DeviceDisconnected')).data).toMatchObject({ session_id, reason: 'replaced' });
    newer.leave();
  });

  it('is over when its device is revoked', async () => {
    const device = await world.device(gateway);
    const connection = await joined(device);
    await world.post(gateway, `/devices/${device.device_id}/revoke`);
    expect((await connection.next('error')).code).toBe('revoked');
    expect((await connection.closed).code).toBe(4403);
  });

  it('is refused to a device that has used up its budget, and keeps nobody else out', async () => {
    const [device, other] = [await world.device(strict), await world.device(strict)];
    let answer: number | undefined;
    for (let n = 0; answer === undefined && n < 30; n++) {
      const connection = await connect(strict, device);
      connection.say(said());
      answer = await Promise.race([
        connection.next('welcome').then(() => undefined),
        connection.closed.then(({ code }) => code),
      ]);
      connection.leave();
    }
    expect(answer).toBe(4429);
    (await joined(other, {}, strict)).leave();
  });
});

describe.each([
  ['a tunnel', byTunnel],
  ['memory', inMemory],
])('a device that may still take its new version back, by %s', (_name, come) => {
  const newer = { ...hello(), version: '2.0.0', boot_id: 'boot-new' };

  /** It was offered 2.0.0, has installed it without a word, and tries it. */
  async function trying(device: TestDevice) {
    const before = await come(gateway, device);
    before.say(hello());
    await before.next('welcome');
    await world.dispatch(device);
    await before.next('update');
    before.leave();
    await world.recorded(device, 'DeviceDisconnected');
    const connection = await come(gateway, device);
    connection.say({ ...newer, confirmed: false });
    await connection.next('welcome');
    return connection;
  }

  it('is written down with that, is not told again, and has its success once it is confirmed', async () => {
    const device = await world.device(gateway);
    const connection = await trying(device);
    expect((await world.recorded(device, 'DeviceVersionReported', 2)).data).toMatchObject({ confirmed: false });
    expect(await updateOf(device)).toMatchObject({ status: 'dispatched', unconfirmed: true });
    connection.say({ ...newer, confirmed: true });
    expect((await world.recorded(device, 'DeviceVersionReported', 3)).data).toMatchObject({ confirmed: true });
    expect(await endOf(device)).toMatchObject({ outcome: 'completed' });
    expect(connection.frames.map(({ type }) => type)).not.toContain('update');
    connection.leave();
  });

  it('has failed when it comes back on the old one, and is not told again', async () => {
    const device = await world.device(gateway);
    (await trying(device)).leave();
    await world.recorded(device, 'DeviceDisconnected', 2);
    const back = await come(gateway, device);
    back.say({ ...hello(), boot_id: 'boot-back' });
    await back.next('welcome');
    expect(await endOf(device)).toMatchObject({ outcome: 'failed', code: 'came-back-on-old-version' });
    expect(back.frames.map(({ type }) => type)).not.toContain('update');
    back.leave();
  });
});

describe('a device that fetches its update again and again, and falls back from it without a word', () => {
  it('has failed it when it comes for the fourth time', async () => {
    const device = await world.device(gateway);
    const boots = [1, 2, 3];
    for (const boot of boots) {
      const connection = await MemoryConnection.open(gateway, device);
      connection.say({ ...hello(), boot_id: `boot-${boot}` });
      await connection.next('welcome');
      if (boot === 1) await world.dispatch(device, { from_boot_id: 'boot-1' });
      const { update_id } = await connection.next('update');
      connection.say({ type: 'progress', update_id, phase: 'downloading', progress: 100 });
      connection.say({ type: 'progress', update_id, phase: 'verifying', progress: 100 });
      connection.leave();
      await world.recorded(device, 'DeviceDisconnected', boot);
      expect((await updateOf(device)).status).toBe('dispatched');
    }
    const last = await MemoryConnection.open(gateway, device);
    last.say({ ...hello(), boot_id: 'boot-4' });
    await last.next('welcome');
    expect(await endOf(device)).toMatchObject({ outcome: 'failed', code: 'reboot-loop' });
    expect(last.frames.map(({ type }) => type)).not.toContain('update');
    last.leave();
  });
});

describe('a session of a device without boots', () => {
  /** The device was offered an update and left. @returns the update's id */
  async function goneWithUpdate(device: TestDevice, plan: Partial<DataOf<'UpdateDispatched'>> = {}): Promise<string> {
    const connection = await MemoryConnection.open(gateway, device);
    connection.say(nameless);
    await world.dispatch(device, plan);
    const { update_id } = await connection.next('update');
    connection.leave();
    return update_id;
  }

  it('that says its version again and again writes nothing of it, and proves nothing', async () => {
    const device = await world.device(gateway);
    const connection = await MemoryConnection.open(gateway, device);
    connection.say(nameless);
    const { data } = await world.dispatch(device, { force: true, version: '1.0.0' });
    const { update_id } = await connection.next('update');
    connection.say({ type: 'progress', update_id, phase: 'installing', progress: 100 });
    for (let n = 0; n < 5; n++) connection.say(nameless);
    await world.recorded(device, 'DeviceProgressReported');
    expect(await world.all(device, 'DeviceVersionReported')).toHaveLength(1);
    expect(await updateOf(device)).toMatchObject({ status: 'dispatched', plan: { update_id: data.update_id } });

    connection.say({ ...nameless, done_with: update_id });
    expect((await world.recorded(device, 'DeviceVersionReported', 2)).data).toMatchObject({ done_with: update_id });
    expect(await endOf(device)).toEqual({ outcome: 'completed' });
    connection.leave();
  });

  it('takes the word that it is done also from a device that comes back with it', async () => {
    const device = await world.device(gateway);
    const update_id = await goneWithUpdate(device);
    await world.recorded(device, 'DeviceDisconnected');
    const back = await MemoryConnection.open(gateway, device);
    back.say({ ...nameless, done_with: update_id });
    expect(await endOf(device)).toMatchObject({ outcome: 'failed', code: 'came-back-on-old-version' });
    expect(back.frames.map(({ type }) => type)).not.toContain('update');
    back.leave();
  });

  it('writes down once that it is done, however often it comes with it before the update has ended', async () => {
    const device = await world.device(gateway);
    const update_id = await goneWithUpdate(device, { force: true, version: '1.0.0' });
    for (const n of [1, 2, 3]) {
      const back = await MemoryConnection.open(gateway, device);
      back.say({ ...nameless, done_with: update_id });
      await back.next('welcome');
      back.leave();
      await world.recorded(device, 'DeviceDisconnected', n + 1);
      expect(back.frames.map(({ type }) => type)).not.toContain('update');
    }
    expect(await world.all(device, 'DeviceVersionReported')).toHaveLength(2);
  });

  it.each([
    ['of another update', {}],
    ['of another update, with another version', { version: '1.5.0' }],
  ])('does not end its update by the word that it is done, %s', async (_case, said) => {
    const device = await world.device(gateway);
    const update_id = await goneWithUpdate(device);
    await world.recorded(device, 'DeviceDisconnected');
    const back = await MemoryConnection.open(gateway, device);
    back.say({ ...nameless, ...said, done_with: 'upd_before' });
    await back.next('welcome');
    const update = await updateOf(device);
    if ('version' in said) expect(update).toMatchObject({ ending: { code: 'came-back-on-another-version' } });
    else expect((await back.next('update')).update_id).toBe(update_id);
    back.leave();
  });
});
