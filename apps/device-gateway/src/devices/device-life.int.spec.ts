import { deviceStream, updateStream } from '@edgeflow/contracts';
import type { RunningService } from '@edgeflow/service-host';
import { deviceKeys } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ORG, World, type TestDevice } from '../testing/world.fixture.js';

let world: World;
let gateway: RunningService;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
});
afterAll(() => world.stop());

const pathOf = ({ device_id }: TestDevice): string => `/devices/${device_id}`;
const patch = (device: TestDevice, body: object) => world.ask(gateway, 'PATCH', pathOf(device), { body });
const remove = (device: TestDevice) => world.ask(gateway, 'DELETE', pathOf(device));
const as = async (role: 'operator' | 'viewer') =>
  `Bearer ${await world.issuer.issue({ org: ORG, role, subject: 'bob' }, 60)}`;
const register = ({ device_id, public_key }: TestDevice, more: object = {}) =>
  world.post(gateway, '/devices', { device_id, model: 'cam-1', public_key, ...more });
const refusedTunnel = (device: TestDevice) => world.tunnel(gateway, device).catch((error: unknown) => error);

describe('changing a device', () => {
  it('answers with the device as it is now, and writes nothing that is so already', async () => {
    const device = await world.device(gateway);
    const moved = await patch(device, { fleet: 'south', tags: ['lab'], reason: 'plant closed' });
    expect(moved.status).toBe(200);
    const { device_id, public_key } = device;
    const now = { device_id, model: 'cam-1', fleet: 'south', tags: ['lab'], public_key };
    expect(moved.body).toEqual({ ...now, position: moved.body['position'] });
    expect(await patch(device, { fleet: 'south', tags: ['lab'] })).toEqual(moved);
    const out = await patch(device, { fleet: null });
    expect(out.body).toMatchObject({ fleet: null, tags: ['lab'] });
    const changes = await world.all(device, 'DeviceChanged');
    expect(changes.map(({ data }) => data.changed)).toEqual([['fleet', 'tags'], ['fleet']]);
    expect(changes[0]).toMatchObject({ position: moved.body['position'], data: { reason: 'plant closed' } });
  });

  it('is for operators too, and for no viewer', async () => {
    const device = await world.device(gateway);
    const asked = (authorization: string) =>
      world.ask(gateway, 'PATCH', pathOf(device), { body: { fleet: 'south' }, authorization });
    expect((await asked(await as('viewer'))).status).toBe(403);
    expect((await asked(await as('operator'))).status).toBe(200);
  });

  it.each([
    ['an unknown member', { fleets: 'south' }],
    ['nothing to change', { reason: 'just so' }],
    ['no model', { model: null }],
    ['no tags', { tags: null }],
    ['a fleet that is none', { fleet: 'a b' }],
    ['another key', { public_key: {} }],
  ])('is refused with %s', async (_, body) => {
    const device = await world.device(gateway);
    const { status, body: problem } = await patch(device, body);
    expect([status, problem['code']]).toEqual([400, 'invalid-request']);
    expect(await world.all(device, 'DeviceChanged')).toEqual([]);
  });

  it('is refused of a device that nobody knows, and of a revoked one', async () => {
    const device = await world.device(gateway);
    const unknown = await patch({ ...device, device_id: 'nobody' }, { fleet: 'south' });
    expect([unknown.status, unknown.body['code']]).toEqual([404, 'device-unknown']);
    await world.post(gateway, `${pathOf(device)}/revoke`);
    const revoked = await patch(device, { fleet: 'south' });
    expect([revoked.status, revoked.body['code']]).toEqual([409, 'device-revoked']);
  });

  it('of the model ends its tunnel, and counts for the next hello', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    expect((await patch(device, { fleet: 'south' })).status).toBe(200);
    expect((await patch(device, { model: 'cam-2' })).body).toMatchObject({ model: 'cam-2', fleet: 'south' });
    expect((await tunnel.closed).code).toBe(1012);
    const other = await world.tunnel(gateway, device);
    other.send({ type: 'hello', model: 'cam-1', version: '1.0.0', boot_id: 'boot-1' });
    expect(await other.next('error')).toMatchObject({ code: 'model-mismatch' });
    await (await world.connected(gateway, device, { model: 'cam-2' })).close();
  });

  it('of the model waits for the end of an open update', async () => {
    const device = await world.device(gateway);
    const dispatch = await world.dispatch(device);
    const refused = await patch(device, { model: 'cam-2' });
    expect([refused.status, refused.body['code']]).toEqual([409, 'update-in-progress']);
    expect((await patch(device, { fleet: 'south' })).status).toBe(200);
    await world.end(dispatch, 'UpdateFailed');
    expect((await patch(device, { model: 'cam-2' })).status).toBe(200);
  });
});

describe('registering a device again', () => {
  it('says what is in force, and what was ignored', async () => {
    const device = await world.device(gateway);
    await patch(device, { fleet: 'south', tags: ['a', 'b'] });
    const { status, body } = await register(device, { fleet: 'north', tags: ['b', 'a'] });
    expect(status).toBe(200);
    expect(body).toMatchObject({ fleet: 'south', tags: ['a', 'b'], ignored: { fleet: 'north' } });
    expect(body['ignored']).not.toHaveProperty('tags');
    expect(body['in_force']).toEqual({ model: 'cam-1', fleet: 'south', tags: ['a', 'b'] });
    const same = await register(device, { fleet: 'south' });
    expect(same.status).toBe(200);
    expect(same.body).not.toHaveProperty('ignored');
    expect(same.body).not.toHaveProperty('in_force');
  });

  it('by a claim of another fleet says so too', async () => {
    const device = await world.device(gateway);
    const claim = await world.post(gateway, '/claims', { uses: 1, expires_in_s: 60 });
    const authorization = `Claim ${String(claim.body['token'])}`;
    const { device_id, public_key } = device;
    const wanted = { device_id, model: 'cam-1', public_key, fleet: 'north' };
    const { status, body } = await world.post(gateway, '/devices', wanted, authorization);
    expect([status, body['ignored'], body['in_force']]).toEqual([
      ...[200, { fleet: 'north' }, { model: 'cam-1', fleet: null, tags: [] }],
    ]);
  });
});

describe('letting a revoked device in again', () => {
  it('has it come back with its key, at every gateway', async () => {
    const other = await world.gateway({ GATEWAY_ID: 'gw-reinstating' });
    const device = await world.device(gateway);
    await (await world.connected(other, device)).close();
    await world.post(gateway, `${pathOf(device)}/revoke`, {});
    expect(await world.tunnel(other, device).catch((error: unknown) => error)).toMatchObject({ status: 403 });
    const path = `${pathOf(device)}/reinstate`;
    const { status, body } = await world.post(gateway, path, { reason: 'found again' });
    expect(status).toBe(202);
    const [event] = await world.all(device, 'DeviceReinstated');
    expect(event).toMatchObject({ position: body['position'], data: { reason: 'found again', reinstated_by: 'ada' } });
    for (const at of [gateway, other]) await (await world.connected(at, device)).close();
    const again = await world.post(gateway, path, {});
    expect([again.status, again.body['code']]).toEqual([409, 'device-not-revoked']);
    const tunnel = await world.connected(other, device);
    await world.post(gateway, `${pathOf(device)}/revoke`, {});
    expect((await tunnel.closed).code).toBe(4403);
  });

  it('is for admins, of a device that there is', async () => {
    const unknown = await world.post(gateway, '/devices/nobody/reinstate', {});
    expect([unknown.status, unknown.body['code']]).toEqual([404, 'device-unknown']);
    expect((await world.post(gateway, '/devices/nobody/reinstate', {}, await as('operator'))).status).toBe(403);
  });
});

describe('taking a device out of service', () => {
  it('ends its tunnel here and elsewhere, and its key lets nobody in', async () => {
    const other = await world.gateway({ GATEWAY_ID: 'gw-removing' });
    const [here, there] = await Promise.all([world.device(gateway), world.device(gateway)]);
    const tunnels = [await world.connected(gateway, here), await world.connected(other, there)];
    const first = await world.ask(gateway, 'DELETE', pathOf(here), { body: { reason: 'broken' } });
    const second = await world.ask(gateway, 'DELETE', `${pathOf(there)}?reason=sold`);
    expect([first.status, second.status]).toEqual([202, 202]);
    for (const tunnel of tunnels) {
      expect(await tunnel.next('error')).toMatchObject({ code: 'removed' });
      expect((await tunnel.closed).code).toBe(4403);
    }
    const [event] = await world.all(here, 'DeviceRemoved');
    expect(event).toMatchObject({ position: first.body['position'], data: { reason: 'broken', removed_by: 'ada' } });
    expect((await world.all(there, 'DeviceRemoved'))[0]?.data.reason).toBe('sold');
    for (const device of [here, there]) expect(await refusedTunnel(device)).toMatchObject({ status: 401 });
    expect((await remove(here)).status).toBe(404);
  });

  it('is for admins', async () => {
    const device = await world.device(gateway);
    const authorization = await as('operator');
    expect((await world.ask(gateway, 'DELETE', pathOf(device), { authorization })).status).toBe(403);
    expect((await world.ask(gateway, 'DELETE', '/devices/nobody')).status).toBe(404);
  });

  it('frees its id for another device, which has nothing of it', async () => {
    const device = await world.device(gateway);
    const before = await world.connected(gateway, device);
    const dispatch = await world.dispatch(device);
    await before.next('update');
    before.send({ type: 'failed', update_id: dispatch.data.update_id, code: 'install-failed', message: '' });
    await world.recorded(device, 'DeviceUpdateReported');
    await patch(device, { fleet: 'south' });
    await remove(device);
    const next: TestDevice = { ...device, ...(await deviceKeys()) };
    const registered = await register(next, { model: 'cam-2' });
    expect(registered.status).toBe(201);
    expect(registered.body).not.toHaveProperty('fleet');
    expect(await refusedTunnel(device)).toMatchObject({ status: 401 });
    // The update of the one before is still open in the log.
    const tunnel = await world.connected(gateway, next, { model: 'cam-2' });
    expect((await world.recorded(device, 'DeviceVersionReported', 2)).data.version).toBe('1.0.0');
    const own = await world.dispatch(device, { number: 2, model: 'cam-2' });
    expect(await tunnel.next('update')).toMatchObject({ update_id: own.data.update_id, number: 2 });
    expect(tunnel.frames.filter(({ type }) => type === 'update')).toHaveLength(1);
    await tunnel.close();
    expect(await world.log.lastPosition(updateStream(device))).toBe(own.position);
  });

  it('by the same key, too: the session of before does not go on', async () => {
    const slow = await world.gateway({ GATEWAY_ID: 'gw-slow-to-hear', LANE_CHECK_S: '0.2' });
    const device = await world.device(gateway);
    const before = await world.connected(slow, device);
    await remove(device);
    expect((await register(device)).status).toBe(201);
    expect((await before.closed).code).toBe(4403);
    await (await world.connected(slow, device)).close();
    const types = (await world.log.read(deviceStream(device))).map(({ type }) => type);
    expect(types.filter((type) => type === 'DeviceVersionReported')).toHaveLength(2);
  });
});
