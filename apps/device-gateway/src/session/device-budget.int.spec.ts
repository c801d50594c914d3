import { deviceStream } from '@edgeflow/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { World, eventually, hello, type TestDevice } from '../testing/world.fixture.js';

let world: World;
let gateway: RunningService;
const PER_MINUTE = 60;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway({ DEVICE_EVENTS_PER_MINUTE: String(PER_MINUTE), UPGRADES_PER_MINUTE: '1000' });
});
afterAll(() => world.stop());

const eventsOf = async (device: TestDevice): Promise<number> => (await world.log.read(deviceStream(device))).length;

/** How a tunnel answers a hello. */
async function greet(device: TestDevice, said = hello()): Promise<number | 'welcome'> {
  const tunnel = await world.tunnel(gateway, device);
  tunnel.send(said);
  const answer = await Promise.race([
    tunnel.next('welcome').then(() => 'welcome' as const),
    tunnel.closed.then(({ code }) => code),
  ]);
  await tunnel.close();
  return answer;
}

describe('a device that says too much', () => {
  it('has no more than its share written of phases that flap and boots that change, and its end at once', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    const { data } = await world.dispatch(device);
    await tunnel.next('update');
    const { update_id } = data;
    for (let n = 0; n < 90; n++) {
      const phase = n % 2 === 0 ? 'downloading' : 'verifying';
      tunnel.send({ type: 'progress', update_id, phase, progress: n });
      if (n % 10 === 0) tunnel.send(hello({ boot_id: `boot-${n}` }));
    }
    tunnel.send({ type: 'failed', update_id, code: 'install-failed', message: '' });
    await world.recorded(device, 'DeviceUpdateReported');
    expect(await eventsOf(device)).toBeLessThanOrEqual(PER_MINUTE);
    expect((await world.all(device, 'DeviceProgressReported')).at(-1)?.data.progress).toBe(89);
    expect((await world.all(device, 'DeviceVersionReported')).at(-1)?.data.boot_id).toBe('boot-80');
    await tunnel.close();
  });

  it('is kept out when it comes again and again, but not with the proof of its update, and keeps nobody else out', async () => {
    const [device, other] = [await world.device(gateway), await world.device(gateway)];
    const tunnel = await world.connected(gateway, device);
    const { data } = await world.dispatch(device);
    await tunnel.next('update');
    tunnel.send({ type: 'progress', update_id: data.update_id, phase: 'installing', progress: 90 });
    await world.recorded(device, 'DeviceProgressReported');
    await tunnel.close();
    let answer: number | 'welcome' = 'welcome';
    for (let n = 0; answer === 'welcome' && n < 30; n++) answer = await greet(device);
    expect(answer).toBe(4429);
    expect(await eventsOf(device)).toBeLessThanOrEqual(PER_MINUTE);
    expect(await greet(other)).toBe('welcome');
    expect(await greet(device, hello({ version: '2.0.0', boot_id: 'boot-2' }))).toBe('welcome');
    await eventually(
      async () => (await world.all(device, 'DeviceVersionReported')).find(({ data: said }) => said.version === '2.0.0'),
      'the proof',
    );
  });
});
