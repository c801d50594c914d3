import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { TunnelClient, UpgradeRefused, deviceKeys, deviceToken } from '@edgeflow/testkit';
import { World, eventually, type TestDevice } from '../../testing/world.fixture.js';

let world: World;
let gateway: RunningService;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
});
afterAll(() => world.stop());

const now_s = (): number => Math.floor(Date.now() / 1000);

/** A request for a tunnel with a token of a clock that is so many seconds off. */
async function knock(device: TestDevice, ahead_s: number): Promise<UpgradeRefused> {
  const iat = now_s() + ahead_s;
  const token = await deviceToken(device, { iat, exp: iat + 300 });
  const error = await TunnelClient.open({ origin: gateway.url, token }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UpgradeRefused);
  return error as UpgradeRefused;
}

/** The newest word on what a device was refused, once it counts so many. */
function refused(device: TestDevice, code: string, count: number) {
  return eventually(async () => {
    const events = await world.all(device, 'DeviceRefused');
    return events.findLast(({ data }) => data.code === code && data.count >= count);
  }, `${count} times ${code}`);
}

describe('a device whose clock is wrong', () => {
  it('is told what time it is', async () => {
    const { status, headers, body } = await knock(await world.device(gateway), -3_600);
    expect(status).toBe(401);
    const { server_time } = JSON.parse(body) as { server_time: string };
    expect(Math.abs(Date.parse(server_time) - Date.now())).toBeLessThan(60_000);
    expect(Math.abs(Date.parse(String(headers['date'])) - Date.parse(server_time))).toBeLessThan(1_000);
  });

  it.each([
    [-360, 'token-expired', '6 minutes behind'],
    [315_360_000, 'token-in-future', 'days ahead'],
  ])('by %i s has that in its timeline', async (ahead_s, code, words) => {
    const device = await world.device(gateway);
    for (let n = 0; n < 5; n++) await knock(device, ahead_s);
    const { data } = await refused(device, code, 1);
    expect(data).toMatchObject({ what: 'tunnel', device_id: device.device_id, gateway_id: 'gw-1' });
    expect(data.detail).toContain(words);
    await knock(device, ahead_s);
    expect((await refused(device, code, 6)).data.since).toBe(data.since);
  });

  it('has few events of it, which leave the log again', async () => {
    const device = await world.device(gateway);
    for (let n = 0; n < 30; n++) await knock(device, -3_600);
    await refused(device, 'token-expired', 1);
    expect((await world.all(device, 'DeviceRefused')).length).toBeLessThanOrEqual(4);
  });
});

describe('a device whose events are used up', () => {
  it('keeps those of no other device waiting', async () => {
    const [loud, other] = [await world.device(gateway), await world.device(gateway)];
    for (let n = 1; n <= 4; n++) {
      await knock(loud, -3_600);
      await refused(loud, 'token-expired', n);
    }
    await knock(loud, -3_600);
    await knock(other, -3_600);
    await refused(other, 'token-expired', 1);
    expect((await world.all(loud, 'DeviceRefused')).length).toBe(4);
    await knock(other, -3_600);
    await refused(other, 'token-expired', 2);
  });
});

describe('who says to be a device', () => {
  it('is in its timeline', async () => {
    const device = await world.device(gateway);
    await knock({ ...device, ...(await deviceKeys()) }, 0);
    expect((await refused(device, 'token-signature', 1)).data.what).toBe('tunnel');
  });

  it('that is not registered leaves nothing in the log', async () => {
    const known = await world.device(gateway);
    const unknown = { ...known, device_id: 'nobody' };
    await knock(unknown, 0);
    // What comes later is there, so that the earlier one would be.
    await knock(known, -3_600);
    await refused(known, 'token-expired', 1);
    expect(await world.all(unknown, 'DeviceRefused')).toEqual([]);
  });
});

describe('a frame that is refused', () => {
  it('is in the timeline, whether the tunnel stays or not', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    const progress = { type: 'progress', update_id: 'upd-1', phase: 'unpacking', progress: 5 };
    tunnel.send(JSON.stringify(progress));
    expect((await refused(device, 'unknown-phase', 1)).data).toMatchObject({ what: 'frame' });
    tunnel.send('no JSON');
    await tunnel.closed;
    expect((await refused(device, 'bad-frame', 1)).data.detail).toContain('not JSON');
  });

  it('of a hello that was not taken is, too', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.tunnel(gateway, device);
    tunnel.send(JSON.stringify({ type: 'hello', version: '1.0.0', model: 'cam-2', boot_id: 'b' }));
    await tunnel.closed;
    expect((await refused(device, 'model-mismatch', 1)).data.detail).toContain('cam-2');
  });
});
