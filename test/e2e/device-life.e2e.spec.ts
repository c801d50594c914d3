import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Role } from './standalone.harness.js';
import { Rollouts, type Page } from './rollouts.harness.js';
import type { TunnelFleet } from './tunnel-fleet.js';

interface Device {
  device_id: string;
  model: string;
  fleet: string | null;
  tags: string[];
  current_version: string | null;
  ota_status: string;
  online: boolean;
  code?: string;
  position: number;
}

let rollouts: Rollouts;
let fleet: TunnelFleet;

beforeAll(async () => {
  rollouts = await Rollouts.start();
  fleet = await rollouts.fleet('life');
});
afterAll(async () => {
  expect(rollouts.errors).toEqual([]);
  await rollouts.dispose();
});

const gateway = (method: string, path: string, body?: object, role: Role = 'admin'): Promise<Answer<Device>> =>
  rollouts.standalone.ask<Device>('acme', role, method as 'POST', `/gateway/v1/devices/${path}`, body);
const record = (id: string, position: number) => rollouts.query<Device>(`devices/${id}?after=${position}`);
const rollout = (more: object) => ({ version: '2.0.0', strategy: { type: 'all_at_once' }, ...more });

describe('a device that is moved by an operator', () => {
  it('joins the continuous rollout of its new fleet, and stays in the one that it was planned for', async () => {
    const [mover] = await fleet.join(['life_mover'], { fleet: 'life-old' });
    await fleet.join(['life_first'], { fleet: 'life-new' });
    const id = await rollouts.start(rollout({ target: { fleet: 'life-new' }, membership: 'continuous' }), 1);
    await rollouts.reaches(id, 'completed');
    const moved = await gateway('PATCH', 'life_mover', { fleet: 'life-new', tags: ['lab'] }, 'operator');
    expect(moved).toMatchObject({ status: 200, body: { fleet: 'life-new', tags: ['lab'], model: 'life' } });
    await rollouts.until(id, ({ succeeded }) => succeeded === 2);
    expect(mover?.version).toBe('2.0.0');
    expect((await record('life_mover', moved.body.position)).body).toMatchObject({ fleet: 'life-new', tags: ['lab'] });
  });
});

describe('a device that is taken out of service', () => {
  it('is let go, ends in its rollouts, and its id begins anew', async () => {
    const script = fleet.script;
    fleet.script = () => 'silent';
    const [first] = await fleet.join(['life_gone', 'life_stays'], { fleet: 'life-out' });
    const id = await rollouts.start(rollout({ target: { fleet: 'life-out' } }), 2);
    await rollouts.until(id, ({ waves }) => waves[0]?.in_flight === 2);
    const removed = await gateway('DELETE', 'life_gone', { reason: 'broken' });
    expect(removed.status).toBe(202);
    expect((await first!.tunnel!.closed).code).toBe(4403);
    await expect(first!.connect()).rejects.toMatchObject({ status: 401 });
    const resource = await rollouts.until(id, ({ waves }) => waves[0]?.cancelled === 1);
    expect(resource.waves[0]).toMatchObject({ eligible: 2, in_flight: 1, cancelled: 1 });
    const [member] = (await rollouts.members(id)).filter(({ device_id }) => device_id === 'life_gone');
    expect(member).toMatchObject({ status: 'cancelled', code: 'device-removed' });
    expect(await record('life_gone', removed.body.position)).toMatchObject({ status: 404 });
    const { body } = await rollouts.query<Page<Device>>('devices?fleet=life-out');
    expect(body.items.map(({ device_id }) => device_id)).toEqual(['life_stays']);

    fleet.script = script;
    const [next] = await fleet.join(['life_gone'], { fleet: 'life-next', version: '1.0.0' });
    expect(next?.offers).toHaveLength(1); // What the one before was told.
    await rollouts.standalone.eventually(
      () => rollouts.query<Device>('devices/life_gone'),
      ({ status, body: device }) => status === 200 && device.online && device.current_version === '1.0.0',
    );
    const own = await rollouts.start(rollout({ target: { fleet: 'life-next' } }), 1);
    await rollouts.reaches(own, 'completed');
    expect([next?.version, next?.offers.at(-1)?.number]).toEqual(['2.0.0', 2]);
  });
});

describe('a device that was revoked', () => {
  it('comes back with its key when it is let in again', async () => {
    const [device] = await fleet.join(['life_revoked']);
    await gateway('POST', 'life_revoked/revoke', { reason: 'stolen' });
    expect((await device!.tunnel!.closed).code).toBe(4403);
    await expect(device!.connect()).rejects.toMatchObject({ status: 403 });
    expect((await gateway('POST', 'life_revoked/reinstate', { reason: 'found' }, 'operator')).status).toBe(403);
    expect((await gateway('POST', 'life_revoked/reinstate', { reason: 'found' })).status).toBe(202);
    await device!.connect();
    expect(await gateway('POST', 'life_revoked/reinstate', {})).toMatchObject({
      ...{ status: 409, body: { code: 'device-not-revoked' } },
    });
    const { body } = await rollouts.standalone.ask<Page<Record<string, unknown>>>(
      ...(['acme', 'admin', 'GET', '/query/v1/audit?limit=500'] as const),
    );
    const told = body.items.filter(({ resource }) => String(resource).endsWith('device.life_revoked'));
    expect(told.map(({ event_type }) => event_type)).toEqual(expect.arrayContaining(['DeviceReinstated']));
  });
});
