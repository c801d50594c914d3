import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import type { TunnelClient } from '@edgeflow/testkit';
import { World, eventually, hello, type TestDevice } from '../../testing/world.fixture.js';

let world: World;
let gateway: RunningService;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
});
afterAll(() => world.stop());

const goodbye = async (device: TestDevice) => (await world.recorded(device, 'DeviceDisconnected')).data;

async function ends(tunnel: TunnelClient, code: string, close_code: number): Promise<void> {
  expect(await tunnel.next('error')).toMatchObject({ code });
  expect((await tunnel.closed).code).toBe(close_code);
}

describe('hello', () => {
  it('is answered with welcome, and presence and version are in the log', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.tunnel(gateway, device);
    tunnel.send(hello({ agent: 'spec/1' }));
    expect(await tunnel.next('welcome')).toMatchObject({
      device_id: device.device_id,
      heartbeat_s: 30,
      reconnect: { min_s: 1, max_s: 30 },
    });
    const connected = await world.recorded(device, 'DeviceConnected');
    expect(connected.data).toMatchObject({ gateway_id: 'gw-1', version: '1.0.0', boot_id: 'boot-1', agent: 'spec/1' });
    const version = await world.recorded(device, 'DeviceVersionReported');
    expect(version).toMatchObject({
      data: { version: '1.0.0', model: 'cam-1', boot_id: 'boot-1' },
      position: connected.position + 1,
      causation_id: connected.id,
    });
    await tunnel.close();
    expect(await goodbye(device)).toMatchObject({ session_id: connected.data.session_id, close_code: 1000 });
  });

  it('reports the version again only when it changed: another boot is presence', async () => {
    const device = await world.device(gateway);
    const boots = ['boot-1', 'boot-1', 'boot-2', 'boot-2'];
    for (const boot_id of boots) {
      const tunnel = await world.connected(gateway, device, { boot_id });
      await tunnel.close();
    }
    await world.recorded(device, 'DeviceDisconnected', boots.length);
    expect((await world.all(device, 'DeviceConnected')).map(({ data }) => data.boot_id)).toEqual(boots);
    expect(await world.all(device, 'DeviceVersionReported')).toHaveLength(1);
  });

  it('of another boot on the same tunnel renews its lease, and is no report either', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    tunnel.send(hello({ boot_id: 'boot-2' }));
    const { data } = await world.recorded(device, 'DeviceConnected', 2);
    expect(data).toMatchObject({ boot_id: 'boot-2', lease_s: 604_800, renewal: 1 });
    await tunnel.close();
    await goodbye(device);
    expect(await world.all(device, 'DeviceVersionReported')).toHaveLength(1);
  });

  it('of another boot is reported for ever while an update is open', async () => {
    const device = await world.device(gateway);
    await (await world.connected(gateway, device)).close();
    await goodbye(device);
    await world.dispatch(device, { from_boot_id: 'boot-1' });
    const tunnel = await world.connected(gateway, device, { boot_id: 'boot-2' });
    expect((await world.recorded(device, 'DeviceVersionReported', 2)).data.boot_id).toBe('boot-2');
    await tunnel.close();
  });

  it('may come again on the same tunnel', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    tunnel.send(hello({ version: '1.1.0' }));
    expect((await world.recorded(device, 'DeviceVersionReported', 2)).data.version).toBe('1.1.0');
    await tunnel.close();
  });

  it('is missed after its time', async () => {
    const hurried = await world.gateway({ HELLO_TIMEOUT_S: '0.3', GATEWAY_ID: 'gw-hurried' });
    const device = await world.device(gateway);
    await ends(await world.tunnel(hurried, device), 'no-hello', 4408);
    expect(await world.all(device, 'DeviceConnected')).toEqual([]);
  });

  it('must name the registered model', async () => {
    const tunnel = await world.tunnel(gateway, await world.device(gateway));
    tunnel.send(hello({ model: 'cam-2' }));
    await ends(tunnel, 'model-mismatch', 4400);
  });
});

describe('a frame', () => {
  it.each([
    ['that is no JSON', 'hello'],
    ['that has not the shape of its type', '{"type":"hello"}'],
    ['other than hello', '{"type":"url","update_id":"upd-1"}'],
    ['of an unknown type', '{"type":"telemetry"}'],
  ])('%s ends a tunnel that was not greeted', async (_, text) => {
    const tunnel = await world.tunnel(gateway, await world.device(gateway));
    tunnel.send(text);
    await ends(tunnel, 'bad-frame', 4400);
  });

  it('of an unknown type is answered, and the tunnel stays', async () => {
    const tunnel = await world.connected(gateway, await world.device(gateway));
    tunnel.send('{"type":"telemetry"}');
    expect(await tunnel.next('error')).toMatchObject({ code: 'unknown-type' });
    tunnel.send('{"type":"telemetry"}');
    expect(await tunnel.next('error')).toMatchObject({ code: 'unknown-type' });
    await tunnel.close();
  });

  it('has 16 KiB, and is told so when it has more', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    const pad = (bytes: number): string => `{"type":"pad","x":"${'x'.repeat(bytes - 21)}"}`;
    expect(pad(16_384)).toHaveLength(16_384);
    tunnel.send(pad(16_384));
    expect(await tunnel.next('error')).toMatchObject({ code: 'unknown-type' });
    tunnel.send(pad(16_385));
    expect(await tunnel.next('error')).toMatchObject({ code: 'unknown-type' });
    expect(await tunnel.next('error')).toMatchObject({ code: 'frame-invalid' });
    await tunnel.close();
  });

  it('far beyond the limit is not read', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    tunnel.send('x'.repeat(1_048_577));
    expect((await tunnel.closed).code).toBe(1009);
    expect(await goodbye(device)).toMatchObject({ close_code: 1009, reason: 'frame-too-large' });
  });

  it('of binary data is read as text', async () => {
    const tunnel = await world.tunnel(gateway, await world.device(gateway));
    tunnel.socket.send(Buffer.from(JSON.stringify(hello())), { binary: true });
    expect(await tunnel.next('error')).toMatchObject({ code: 'frame-invalid', detail: 'frames are text' });
    await tunnel.next('welcome');
    tunnel.socket.send(Buffer.from([1, 2, 3]), { binary: true });
    await ends(tunnel, 'bad-frame', 4400);
  });

  it('too many a second end the tunnel', async () => {
    const tunnel = await world.connected(gateway, await world.device(gateway));
    for (let n = 0; n < 1_000; n++) tunnel.send('{"type":"telemetry"}');
    const { code } = await tunnel.closed;
    expect(code).toBe(4429);
    expect(tunnel.frames.at(-1)).toMatchObject({ type: 'error', code: 'too-many' });
  });
});

describe('a tunnel', () => {
  it('is replaced by a newer one of its device', async () => {
    const device = await world.device(gateway);
    const older = await world.connected(gateway, device);
    const newer = await world.connected(gateway, device, { boot_id: 'boot-2' });
    await ends(older, 'replaced', 4409);
    const first = await world.recorded(device, 'DeviceConnected', 1);
    expect(await goodbye(device)).toMatchObject({ session_id: first.data.session_id, close_code: 4409 });
    newer.send('{"type":"telemetry"}');
    expect(await newer.next('error')).toMatchObject({ code: 'unknown-type' });
    await newer.close();
  });

  it('is replaced by a newer one at another gateway', async () => {
    const watchful = await world.gateway({ GATEWAY_ID: 'gw-watchful', LANE_CHECK_S: '0.2' });
    const device = await world.device(gateway);
    const older = await world.connected(watchful, device);
    const newer = await world.connected(gateway, device);
    await ends(older, 'replaced', 4409);
    const [first, second] = [
      await world.recorded(device, 'DeviceConnected', 1),
      await world.recorded(device, 'DeviceConnected', 2),
    ];
    expect(await goodbye(device)).toMatchObject({ session_id: first.data.session_id });
    expect(second.data.session_id).not.toBe(first.data.session_id);
    await newer.close();
  });

  it('whose connection is lost has a goodbye', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    tunnel.cut();
    expect(await goodbye(device)).toMatchObject({ close_code: 1006, reason: 'connection-lost' });
  });

  it('that gives no sign of life has a goodbye', async () => {
    const strict = await world.gateway({ GATEWAY_ID: 'gw-strict', HEARTBEAT_S: '0.2' });
    const device = await world.device(gateway);
    const tunnel = await world.connected(strict, device);
    tunnel.socket.pause();
    expect(await goodbye(device)).toMatchObject({ close_code: 1006, reason: 'no-pong' });
    tunnel.cut();
  });

  it('that answers pings stays', async () => {
    const strict = await world.gateway({ GATEWAY_ID: 'gw-strict-2', HEARTBEAT_S: '0.2' });
    const device = await world.device(gateway);
    const tunnel = await world.connected(strict, device);
    let pings = 0;
    tunnel.socket.on('ping', () => pings++);
    await eventually(() => Promise.resolve(pings >= 5 || undefined), '5 pings');
    expect(await world.all(device, 'DeviceDisconnected')).toEqual([]);
    await tunnel.close();
  });
});
