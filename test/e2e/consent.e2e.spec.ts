import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rollouts, type Resource } from './rollouts.harness.js';
import { ScriptedDevice, type DeviceRecord } from './scripted-device.js';

interface Postponed extends DeviceRecord {
  postponed: { until: string; reason: string | null } | null;
}

let rollouts: Rollouts;

beforeAll(async () => {
  rollouts = await Rollouts.start();
  await rollouts.upload('car', '1.1.0');
  await rollouts.upload('car', '1.2.0');
});
afterAll(() => rollouts.dispose());

const online = (device_id: string) =>
  ScriptedDevice.online(rollouts.standalone, { org: 'acme', device_id, model: 'car', version: '1.0.0' });
const said = async ({ story: { device_id } }: ScriptedDevice): Promise<string[]> => {
  const { body } = await rollouts.query<{ items: { text: string }[] }>(`devices/${device_id}/why`);
  return body.items.map(({ text }) => text);
};
const reasons = ({ waiting_for }: Resource) => waiting_for.map(({ reason }) => reason);

/** What the device hears until a frame that it provokes is answered: everything before that has come. */
async function heard({ tunnel }: ScriptedDevice): Promise<string[]> {
  tunnel.send({ type: 'url', update_id: 'upd_none' });
  await tunnel.next('error');
  return tunnel.frames.map(({ type }) => type);
}

describe('a fleet whose drivers are asked', () => {
  it('is updated when they want it, and where they want it', async () => {
    const devices = [await online('car_1'), await online('car_2')];
    const target = { devices: ['car_1', 'car_2'] };
    const strategy = { type: 'all_at_once' };
    const failure = { count: 1, action: 'abort' };
    const limits = { max_in_flight: 1 };
    const id = await rollouts.start({ version: '1.1.0', target, strategy, failure, limits }, 2);

    const told = () => devices.find(({ tunnel }) => tunnel.frames.some(({ type }) => type === 'update'));
    await expect.poll(told, { timeout: 30_000 }).toBeDefined();
    const first = told()!;
    const second = devices.find((device) => device !== first)!;
    const { update_id, deadline_at } = await first.tunnel.next('update');
    first.tunnel.send({ type: 'postpone', update_id, for_s: 15, reason: 'on the road' });

    // The other one has its place.
    await second.tunnel.next('update');
    const resource = await rollouts.until(id, ({ waves: [wave] }) => wave?.in_flight === 2);
    expect(resource.waves[0]).toMatchObject({ queued: 0, in_flight: 2, postponed: 1, declined: 0, failed: 0 });
    expect(reasons(resource)).toEqual(['devices_in_flight', 'devices_postponed']);
    const record = (await first.eventually((now) => (now as Postponed).postponed !== null)) as Postponed;
    expect(record).toMatchObject({ ota_status: 'updating', postponed: { reason: 'on the road' } });
    const { until } = record.postponed!;
    expect(resource.waiting_for).toContainEqual({ reason: 'devices_postponed', devices: 1, next_at: until });
    expect((await said(first))[0]).toBe(`The update to 1.1.0 was put off until ${until}: on the road.`);

    // It is not told before, though it comes back in another boot.
    await first.reboot('1.0.0');
    expect(await heard(first)).not.toContain('update');

    await second.reboot('1.1.0');
    const again = await first.tunnel.next('update');
    expect(again.update_id).toBe(update_id);
    expect(Date.parse(again.deadline_at)).toBeGreaterThan(Date.parse(deadline_at));
    first.tunnel.send({ type: 'failed', update_id, code: 'declined', message: 'not on this trip' });

    const ended = await rollouts.reaches(id, 'completed');
    expect(ended.waves[0]).toMatchObject({ succeeded: 1, failed: 0, cancelled: 1, declined: 1, postponed: 0 });
    expect(ended.allowed_actions).not.toContain('retry');
    expect(await rollouts.members(id, 'status=cancelled')).toMatchObject([
      { device_id: first.story.device_id, code: 'declined' },
    ]);
    expect(await first.eventually(({ ota_status }) => ota_status === 'idle')).toMatchObject({
      ...{ current_version: '1.0.0', failure: null, postponed: null },
    });
  });

  it('is told again of what was put off, though it runs something else by then', async () => {
    const devices = [await online('car_4'), await online('car_5')];
    const strategy = { type: 'all_at_once' };
    const body = { version: '1.1.0', target: { devices: ['car_4', 'car_5'] }, strategy };
    const id = await rollouts.start(body, 2);
    const told = await Promise.all(devices.map(({ tunnel }) => tunnel.next('update')));
    for (const [n, { tunnel }] of devices.entries()) {
      tunnel.send({ type: 'postpone', update_id: told[n]!.update_id, for_s: 10 });
    }
    for (const device of devices) await device.eventually((now) => (now as Postponed).postponed !== null);
    const [first, second] = devices as [ScriptedDevice, ScriptedDevice];
    await first.reboot('0.9.0');
    second.tunnel.send({ type: 'hello', version: 'factory', model: 'car', boot_id: 'the-next', agent: 'scripted/1' });
    expect((await first.tunnel.next('update')).update_id).toBe(told[0]!.update_id);
    expect((await second.tunnel.next('update')).update_id).toBe(told[1]!.update_id);
    for (const device of devices) await device.reboot('1.1.0');
    expect((await rollouts.reaches(id, 'completed')).waves[0]).toMatchObject({ succeeded: 2, postponed: 0 });
  });

  it('is told again of what was put off, though the gateway was killed meanwhile', async () => {
    const device = await online('car_3');
    const { update_id } = await device.updateTo('1.2.0');
    device.tunnel.send({ type: 'postpone', update_id, for_s: 10 });
    await device.eventually((now) => (now as Postponed).postponed !== null);
    await rollouts.standalone.kill('device-gateway');
    await device.reconnect();
    const again = await device.tunnel.next('update');
    expect(again.update_id).toBe(update_id);
    const names = await device.eventNames();
    expect(names.indexOf('UpdatePostponed')).toBeLessThan(names.lastIndexOf('UpdateDispatched'));
    expect(names.filter((name) => name === 'UpdateDispatched')).toHaveLength(2);
    await device.reboot('1.2.0');
    await device.eventually(({ ota_status }) => ota_status === 'completed');
  });
});
