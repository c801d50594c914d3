import { deviceStream } from '@edgeflow/contracts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { World, eventually, hello, type TestDevice } from '../../testing/world.fixture.js';
import { LOST, RESTARTED, recoverPresence } from './recovery.js';

let world: World;
let gateway: RunningService;
const goodbyes = { said: () => undefined };

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
});
afterAll(() => world.stop());

/** What a gateway writes for a tunnel before it is killed. */
async function connectedTo(gateway_id: string, device: TestDevice): Promise<string> {
  const session_id = `ses-${randomUUID()}`;
  const { type: _, ...said } = hello();
  const data = { device_id: device.device_id, session_id, gateway_id, protocol: 'edgeflow.ota.v1', ...said };
  await world.append(deviceStream(device), { type: 'DeviceConnected', data });
  return session_id;
}

describe('a gateway that was killed', () => {
  it('says goodbye at its next start for the tunnels that it lost, and for no others', async () => {
    const [lost, moved, elsewhere, gone] = await Promise.all([1, 2, 3, 4].map(() => world.device(gateway)));
    const session_id = await connectedTo('gw-killed', lost!);
    await connectedTo('gw-killed', moved!);
    await connectedTo('gw-other', moved!);
    await connectedTo('gw-other', elsewhere!);
    const ended = {
      session_id: await connectedTo('gw-killed', gone!),
      gateway_id: 'gw-killed',
      protocol: 'edgeflow.ota.v1',
    };
    const farewell = { device_id: gone!.device_id, ...ended, close_code: 1000, reason: 'bye' };
    await world.append(deviceStream(gone!), { type: 'DeviceDisconnected', data: farewell });

    await world.gateway({ GATEWAY_ID: 'gw-killed' });

    const goodbye = await world.recorded(lost!, 'DeviceDisconnected');
    expect(goodbye.data).toMatchObject({ session_id, close_code: 1006, reason: 'gateway-restarted' });
    expect(await world.all(moved!, 'DeviceDisconnected')).toEqual([]);
    expect(await world.all(elsewhere!, 'DeviceDisconnected')).toEqual([]);
    expect(await world.all(gone!, 'DeviceDisconnected')).toHaveLength(1);
  });

  it('does so for many devices, and once', async () => {
    const devices = await Promise.all(Array.from({ length: 130 }, () => world.device(gateway)));
    for (const device of devices) await connectedTo('gw-many', device);
    const recovery = { reason: RESTARTED, isOurs: () => Promise.resolve(true), goodbyes };
    expect(await recoverPresence(world.log, 'gw-many', recovery)).toBe(130);
    expect(await recoverPresence(world.log, 'gw-many', recovery)).toBe(0);
  });

  it('says the rest together when some of the devices have gone to another gateway meanwhile', async () => {
    const devices = await Promise.all(Array.from({ length: 30 }, () => world.device(gateway)));
    for (const device of devices) await connectedTo('gw-slow', device);
    const appends: number[] = [];
    const { log } = world;
    const watched: Parameters<typeof recoverPresence>[0] = {
      clock: log.clock,
      scanLast: (filters) => log.scanLast(filters),
      lastOfEach: (stream) => log.lastOfEach(stream),
      append: async (events, expectation) => {
        if (appends.length === 0) for (const device of devices.slice(7, 10)) await connectedTo('gw-other', device);
        appends.push(events.length);
        return log.append(events, expectation);
      },
    };
    const recovery = { reason: LOST, isOurs: () => Promise.resolve(true), goodbyes };
    expect(await recoverPresence(watched, 'gw-slow', recovery)).toBe(27);
    expect(appends).toEqual([30, 27]);
    expect(await world.all(devices[8]!, 'DeviceDisconnected')).toEqual([]);
  });

  it('is silent when somebody else has become that gateway by the time that the tunnels are known', async () => {
    const device = await world.device(gateway);
    await connectedTo('gw-taken', device);
    const recovery = { reason: LOST, isOurs: () => Promise.resolve(false), goodbyes };
    expect(await recoverPresence(world.log, 'gw-taken', recovery)).toBe(0);
    expect(await world.all(device, 'DeviceDisconnected')).toEqual([]);
  });
});

describe('a gateway that is told to stop', () => {
  it('closes its tunnels with 1012 when what they had to say is in the log', async () => {
    const stopping = await world.gateway({ GATEWAY_ID: 'gw-stopping' });
    const devices = await Promise.all([1, 2, 3].map(() => world.device(gateway)));
    const tunnels = await Promise.all(devices.map((device) => world.connected(stopping, device)));
    const { data } = await world.dispatch(devices[0]!);
    await tunnels[0]!.next('update');
    for (const progress of [0, 50]) {
      tunnels[0]!.send({ type: 'progress', update_id: data.update_id, phase: 'downloading', progress });
    }
    // A ping that is answered shows that the gateway has read what was sent before it.
    tunnels[0]!.send('{"type":"telemetry"}');
    await tunnels[0]!.next('error');
    await stopping.stop();
    for (const tunnel of tunnels) expect((await tunnel.closed).code).toBe(1012);
    for (const device of devices) {
      const [goodbye] = await world.all(device, 'DeviceDisconnected');
      expect(goodbye?.data).toMatchObject({ close_code: 1012, reason: 'gateway-stopping' });
    }
    const points = (await world.all(devices[0]!, 'DeviceProgressReported')).map(({ data: { progress } }) => progress);
    expect(points.at(-1)).toBe(50);
  });

  it('does not wait for a device that does not answer its close', async () => {
    const stopping = await world.gateway({ GATEWAY_ID: 'gw-deaf' });
    const device = await world.device(gateway);
    const tunnel = await world.connected(stopping, device);
    tunnel.socket.pause();
    await stopping.stop();
    expect(await world.all(device, 'DeviceDisconnected')).toHaveLength(1);
    tunnel.cut();
  });
});

describe('an outage of the log', () => {
  it('leaves tunnels open, and what they report is written afterwards', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    const { data } = await world.dispatch(device);
    await tunnel.next('update');
    const greeting = await world.tunnel(gateway, await world.device(gateway));
    await world.nats.kill();
    tunnel.send({ type: 'progress', update_id: data.update_id, phase: 'downloading', progress: 0 });
    tunnel.send({ type: 'progress', update_id: data.update_id, phase: 'verifying', progress: 0 });
    tunnel.send({ type: 'failed', update_id: data.update_id, code: 'checksum-mismatch', message: '' });
    greeting.send(hello());
    expect((await greeting.closed).code).toBe(1013);
    const refused = await world.tunnel(gateway, device).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 503 });
    const ready = await fetch(`${gateway.url}/readyz`);
    expect(ready.status).toBe(503);

    await world.nats.restart();
    const report = await world.recorded(device, 'DeviceUpdateReported');
    expect(report.data.code).toBe('checksum-mismatch');
    const phases = (await world.all(device, 'DeviceProgressReported')).map(({ data: { phase } }) => phase);
    expect(phases.at(-1)).toBe('verifying');
    expect(tunnel.socket.readyState).toBe(tunnel.socket.OPEN);
    // The live subscription is back too.
    const next = await world.dispatch(device, { number: 2 });
    await eventually(
      () =>
        Promise.resolve(
          tunnel.frames.find((frame) => frame.type === 'update' && frame.update_id === next.data.update_id),
        ),
      'the next offer',
    );
    await tunnel.close();
  });
});
