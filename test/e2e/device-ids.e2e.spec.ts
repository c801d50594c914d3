import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rollouts, type Page } from './rollouts.harness.js';
import type { TunnelFleet } from './tunnel-fleet.js';

/** A MAC address, a dotted serial number, and two that differ by what they are written with alone. */
const IDS = ['aa:bb:cc:dd:ee:ff', '10.20.30', '10-20-30', '10:20:30', '...', '.9'];

interface Device {
  device_id: string;
  current_version: string | null;
  online: boolean;
  fleet: string | null;
}

let rollouts: Rollouts;
let fleet: TunnelFleet;

beforeAll(async () => {
  rollouts = await Rollouts.start();
  fleet = await rollouts.fleet('ids');
});
afterAll(async () => {
  expect(rollouts.errors).toEqual([]);
  await rollouts.dispose();
});

const onVersion = (id: string, version: string) =>
  rollouts.standalone.eventually(
    () => rollouts.query<Device>(`devices/${encodeURIComponent(id)}`),
    ({ status, body }) => status === 200 && body.current_version === version && body.online,
  );

describe('a device with colons or dots in its id', () => {
  it('is registered, comes online, and is found by it, written out or percent-encoded', async () => {
    await fleet.join(IDS);
    for (const id of IDS) expect(await onVersion(id, '1.0.0')).toMatchObject({ device_id: id });
    expect((await rollouts.query<Device>('devices/aa:bb:cc:dd:ee:ff')).body.device_id).toBe('aa:bb:cc:dd:ee:ff');
    const events = await rollouts.query<Page<{ type: string }>>('devices/10.20.30/events');
    expect(events.body.items[0]).toMatchObject({ type: 'DeviceRegistered' });
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await rollouts.query<Page<Device>>(`devices?model=ids&limit=2${cursor}`);
      seen.push(...body.items.map(({ device_id }) => device_id));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${encodeURIComponent(body.next_cursor)}`;
    }
    expect(seen.toSorted()).toEqual(IDS.toSorted());
  });

  it('is updated by itself, in a rollout and back, and each is told its own', async () => {
    const [mac = '', serial = ''] = IDS;
    const single = await rollouts.post<{ update_id: string }>('updates', { device_id: mac, version: '2.0.0' });
    expect(single.status).toBe(202);
    await onVersion(mac, '2.0.0');
    const target = { devices: [serial, '10-20-30', '10:20:30'] };
    const id = await rollouts.start({ version: '2.0.0', target, strategy: { type: 'all_at_once' } }, 3);
    await rollouts.reaches(id, 'completed');
    expect((await rollouts.members(id)).map(({ device_id }) => device_id).toSorted()).toEqual(
      target.devices.toSorted(),
    );
    for (const device of fleet.devices.values()) expect(device.offers.length).toBe(device.version === '2.0.0' ? 1 : 0);
    expect((await rollouts.post(`devices/${serial}/rollback`, {})).status).toBe(202);
    await onVersion(serial, '1.0.0');
    expect(fleet.versions).toEqual({
      ...{ [mac]: '2.0.0', [serial]: '1.0.0', '10-20-30': '2.0.0', '10:20:30': '2.0.0', '...': '1.0.0', '.9': '1.0.0' },
    });
  });

  it('has a life like any other', async () => {
    const ask = (method: string, path: string, body?: object) =>
      rollouts.standalone.ask<Device & { code?: string }>('acme', 'admin', method, `/gateway/v1/devices/${path}`, body);
    expect(await ask('PATCH', '10.20.30', { fleet: 'moved' })).toMatchObject({ status: 200, body: { fleet: 'moved' } });
    expect((await ask('POST', 'aa:bb:cc:dd:ee:ff/revoke', {})).status).toBe(202);
    expect((await fleet.device('aa:bb:cc:dd:ee:ff').tunnel!.closed).code).toBe(4403);
    expect((await ask('POST', 'aa%3Abb%3Acc%3Add%3Aee%3Aff/reinstate', {})).status).toBe(202);
    expect((await ask('DELETE', '10.20.30')).status).toBe(202);
    expect((await fleet.device('10.20.30').tunnel!.closed).code).toBe(4403);
    expect((await ask('DELETE', '10.20.30')).body.code).toBe('device-unknown');
    expect((await rollouts.query<Device>('devices/10:20:30')).status).toBe(200);
    expect((await rollouts.query<Device>('devices/10~20~30')).status).toBe(404);
  });
});
