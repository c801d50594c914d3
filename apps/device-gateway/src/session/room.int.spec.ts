import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { World, eventually, hello, type TestDevice } from '../testing/world.fixture.js';

let world: World;
let gateway: RunningService;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway({ RECONNECT_MAX_S: '1' });
});
afterAll(() => world.stop());

const readiness = async (): Promise<number> => (await fetch(`${gateway.url}/readyz`)).status;

/** Says hello on a new tunnel. @returns the close code when it is not welcomed */
async function greet(device: TestDevice, said = hello()): Promise<number | 'welcome'> {
  const tunnel = await world.tunnel(gateway, device);
  tunnel.send(said);
  return Promise.race([tunnel.next('welcome').then(() => 'welcome' as const), tunnel.closed.then(({ code }) => code)]);
}

describe('a log that is nearly full', () => {
  it('lets devices finish and be revoked, keeps out what can wait, and goes on by itself', async () => {
    const [busy, cut, idle] = await Promise.all([1, 2, 3].map(() => world.device(gateway)));
    const tunnel = await world.connected(gateway, busy!);
    const line = await world.connected(gateway, cut!);
    const quiet = await world.connected(gateway, idle!);
    const [{ data }] = await Promise.all([world.dispatch(busy!), world.dispatch(cut!)]);
    await Promise.all([tunnel.next('update'), line.next('update')]);
    await world.fill(0.93);
    expect(await readiness()).toBe(200);

    const progress = (phase: 'downloading' | 'installing') => ({ type: 'progress' as const, phase, progress: 50 });
    tunnel.send({ ...progress('downloading'), update_id: data.update_id });
    tunnel.send({ ...progress('installing'), update_id: data.update_id });
    expect((await world.recorded(busy!, 'DeviceProgressReported')).data.phase).toBe('installing');
    await tunnel.close();
    expect(await greet(busy!, hello({ version: '2.0.0', boot_id: 'boot-2' }))).toBe('welcome');
    expect((await world.recorded(busy!, 'DeviceVersionReported', 2)).data.version).toBe('2.0.0');
    // The same boot as before, in the middle of its update.
    line.cut();
    expect(await greet(cut!)).toBe('welcome');

    await quiet.close();
    expect(await greet(idle!)).toBe(1013);
    const { public_key } = idle!;
    const stranger = await world.post(gateway, '/devices', { device_id: 'stranger', model: 'cam-1', public_key });
    expect(stranger).toMatchObject({ status: 503, body: { code: 'log-full' } });
    expect(await world.post(gateway, `/devices/${cut!.device_id}/revoke`, {})).toMatchObject({ status: 202 });

    await world.fill(0.5);
    await world.recorded(idle!, 'DeviceDisconnected');
    await eventually(async () => ((await greet(idle!)) === 'welcome' ? true : undefined), 'the welcome');
  });
});
