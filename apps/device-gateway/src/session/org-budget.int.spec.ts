import { deviceStream } from '@edgeflow/contracts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { deviceKeys } from '@edgeflow/testkit';
import { World, hello, type TestDevice } from '../testing/world.fixture.js';

let world: World;
let generous: RunningService;
let gateway: RunningService;

beforeAll(async () => {
  world = await World.start();
  generous = await world.gateway();
  gateway = await world.gateway({ GATEWAY_ID: 'gw-2', ORG_EVENTS_PER_MINUTE: '12' });
});
afterAll(() => world.stop());

async function deviceOf(org: string): Promise<TestDevice> {
  const device = { org, device_id: `dev-${randomUUID()}`, ...(await deviceKeys()) };
  const { device_id, public_key } = device;
  const data = { device_id, model: 'cam-1', public_key, registered_by: 'spec' };
  await world.append(deviceStream(device), { type: 'DeviceRegistered', data });
  return device;
}

async function greet(device: TestDevice): Promise<number | 'welcome'> {
  const tunnel = await world.tunnel(gateway, device);
  tunnel.send(hello());
  return Promise.race([tunnel.next('welcome').then(() => 'welcome' as const), tunnel.closed.then(({ code }) => code)]);
}

describe('an organization at its limit', () => {
  it('waits alone: its devices are told to come back, its callers when, and what ends an update is written', async () => {
    const busy = await world.device(generous);
    const tunnel = await world.connected(gateway, busy);
    const { data } = await world.dispatch(busy);
    await tunnel.next('update');
    let answer: number | 'welcome' = 'welcome';
    for (let n = 0; answer === 'welcome' && n < 20; n++) answer = await greet(await world.device(generous));
    expect(answer).toBe(1013);

    const { public_key } = await deviceKeys();
    const registration = { device_id: 'one-more', model: 'cam-1', public_key };
    const refused = await world.post(gateway, '/devices', registration);
    expect(refused).toMatchObject({ status: 429, body: { code: 'too-many-requests' } });
    tunnel.send({ type: 'progress', update_id: data.update_id, phase: 'downloading', progress: 10 });
    tunnel.send({ type: 'failed', update_id: data.update_id, code: 'install-failed', message: '' });
    await world.recorded(busy, 'DeviceUpdateReported');
    expect(await world.post(gateway, `/devices/${busy.device_id}/revoke`, {})).toMatchObject({ status: 202 });

    expect(await greet(await deviceOf('globex'))).toBe('welcome');
  });
});
