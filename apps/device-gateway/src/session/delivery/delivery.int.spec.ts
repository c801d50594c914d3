import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '@edgeflow/object-store';
import type { RunningService } from '@edgeflow/service-host';
import { ORG, World, eventually, hello } from '../../testing/world.fixture.js';
import { Signatures } from './signatures.js';
import { Delivery } from './delivery.js';

let world: World;
let gateway: RunningService;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
});
afterAll(() => world.stop());

const signatureLife = (url: string): string | null => new URL(url).searchParams.get('X-Amz-Expires');

describe('a dispatched update', () => {
  it('is offered at once to a connected device, with a URL for one hour', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    const { data } = await world.dispatch(device);
    const { update_id, number, firmware_id, version, sha256, size, force, deadline_at } = data;
    const offer = await tunnel.next('update');
    expect(offer).toMatchObject({ update_id, number, firmware_id, version, sha256, size, force, deadline_at });
    expect(offer.url).toMatch(/^https:\/\/images\.test\/.*\.bin\?/);
    expect(signatureLife(offer.url)).toBe('3600');
    expect(new Date(offer.url_expires_at).getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    await tunnel.close();
  });

  it('is offered to a device that connects later', async () => {
    const device = await world.device(gateway);
    const { data } = await world.dispatch(device);
    const tunnel = await world.connected(gateway, device);
    expect((await tunnel.next('update')).update_id).toBe(data.update_id);
    await tunnel.close();
  });

  it('is offered once on a tunnel, although the stream is looked at again and again, and again on the next', async () => {
    const watchful = await world.gateway({ GATEWAY_ID: 'gw-watchful', LANE_CHECK_S: '0.1', HEARTBEAT_S: '0.2' });
    const device = await world.device(gateway);
    const first = await world.connected(watchful, device);
    await world.dispatch(device);
    await first.next('update');
    let pings = 0;
    first.socket.on('ping', () => pings++);
    await eventually(() => Promise.resolve(pings >= 4 || undefined), 'time for several looks');
    expect(first.frames.filter(({ type }) => type === 'update')).toHaveLength(1);
    await first.close();
    const second = await world.connected(watchful, device);
    await second.next('update');
    await second.close();
  });

  it('is offered again when it is dispatched again, or the device says hello again', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    const { data } = await world.dispatch(device);
    await tunnel.next('update');
    await world.dispatch(device, data);
    await tunnel.next('update');
    tunnel.send(hello());
    await tunnel.next('update');
    await tunnel.close();
  });

  it('is not offered after its end', async () => {
    const device = await world.device(gateway);
    await world.end(await world.dispatch(device), 'UpdateCancelled');
    const next = await world.dispatch(device);
    const tunnel = await world.connected(gateway, device);
    expect((await tunnel.next('update')).update_id).toBe(next.data.update_id);
    expect(tunnel.frames.filter(({ type }) => type === 'update')).toHaveLength(1);
    await tunnel.close();
  });

  it('whose image is missing has failed', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    const dispatch = await world.dispatch(device, { key: 'firmware/acme/9.9.9/none.bin' });
    const report = await world.recorded(device, 'DeviceUpdateReported');
    expect(report).toMatchObject({
      data: { update_id: dispatch.data.update_id, outcome: 'failed', code: 'image-missing', reported_by: 'gateway' },
      causation_id: dispatch.id,
      correlation_id: dispatch.correlation_id,
    });
    await tunnel.close();
    const again = await world.connected(gateway, device);
    await again.close();
    await world.recorded(device, 'DeviceDisconnected', 2);
    expect(await world.all(device, 'DeviceUpdateReported')).toHaveLength(1);
    expect([...tunnel.frames, ...again.frames].some(({ type }) => type === 'update')).toBe(false);
  });

  it.each([
    ['hash', async (key: string) => world.image(key, 'f'.repeat(64))],
    ['size', async (key: string, sha256: string) => world.store.put(key, longer(), { metadata: { sha256 } })],
  ])('whose image has another %s has failed', async (_, alter) => {
    const device = await world.device(gateway);
    const { data } = await world.dispatch(device);
    await alter(data.key, data.sha256);
    const tunnel = await world.connected(gateway, device);
    expect((await world.recorded(device, 'DeviceUpdateReported')).data.code).toBe('image-corrupt');
    expect(tunnel.frames.some(({ type }) => type === 'update')).toBe(false);
    await tunnel.close();
  });

  it.each(['UpdateCancelled', 'UpdateFailed'] as const)('is called off at %s', async (type) => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    const dispatch = await world.dispatch(device);
    await tunnel.next('update');
    await world.end(dispatch, type);
    expect((await tunnel.next('cancel')).update_id).toBe(dispatch.data.update_id);
    await tunnel.close();
  });
});

describe('a request for a fresh URL', () => {
  it('is answered for the open update', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    const { data } = await world.dispatch(device);
    await tunnel.next('update');
    tunnel.send({ type: 'url', update_id: data.update_id });
    const fresh = await tunnel.next('url');
    expect(fresh.update_id).toBe(data.update_id);
    expect(signatureLife(fresh.url)).toBe('3600');
    await tunnel.close();
  });

  it('fails the update when the image has changed since the offer', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    const { data } = await world.dispatch(device);
    await tunnel.next('update');
    await world.image(data.key, 'f'.repeat(64));
    tunnel.send({ type: 'url', update_id: data.update_id });
    expect((await world.recorded(device, 'DeviceUpdateReported')).data.code).toBe('image-corrupt');
    expect(tunnel.frames.some(({ type }) => type === 'url')).toBe(false);
    await tunnel.close();
  });

  it('is refused for any other update', async () => {
    const tunnel = await world.connected(gateway, await world.device(gateway));
    tunnel.send({ type: 'url', update_id: 'upd-none' });
    expect(await tunnel.next('error')).toMatchObject({ code: 'update-unknown' });
    expect((await tunnel.next('cancel')).update_id).toBe('upd-none');
    await tunnel.close();
  });
});

async function* longer(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from('another firmware image, which is longer'));
}

describe('the preparation of an image', () => {
  it('is one for all who ask at the same time, and another for who comes later', async () => {
    let looks = 0;
    const head: ObjectStore['head'] = (key) => ((looks += 1), world.store.head(key));
    const store = Object.assign(Object.create(world.store) as ObjectStore, { head });
    const delivery = new Delivery(store, new Signatures(world.log), world.log);
    const { data } = await world.dispatch(await world.device(gateway));
    const together = [delivery.prepare(ORG, data), delivery.prepare(ORG, data)];
    expect(looks).toBe(1);
    const other = delivery.prepare(ORG, { ...data, size: data.size + 1 });
    expect(looks).toBe(2);
    const [first, second] = await Promise.all(together);
    expect(first).toHaveProperty('url');
    expect(second).toEqual(first);
    expect(await other).toHaveProperty('code');
    await world.image(data.key, 'f'.repeat(64));
    expect(await delivery.prepare(ORG, data)).toMatchObject({ code: 'image-corrupt' });
  });
});
