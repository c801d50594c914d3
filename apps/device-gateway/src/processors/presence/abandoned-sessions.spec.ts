import { beforeEach, describe, expect, it } from 'vitest';
import type { GatewayCore } from '../../core.js';
import { hello } from '../../session/session.fixture.js';
import { MemoryWorld } from '../../testing/memory-world.fixture.js';

const HOUR_MS = 3_600_000;

let world: MemoryWorld;
let core: GatewayCore;
beforeEach(async () => {
  world = await MemoryWorld.of(21);
  core = await world.gateway();
  await world.registered(core);
});

const goodbyes = async (): Promise<unknown[]> =>
  (await world.history()).flatMap(({ type, data }) => (type === 'DeviceDisconnected' ? [data] : []));

describe('a device whose gateway is gone for good', () => {
  it('is offline, also where nobody has ever heard of that gateway', async () => {
    await world.heardBy('gw-gone');
    await world.time.pass(300_000);
    expect(await goodbyes()).toMatchObject([{ session_id: 'ses-gw-gone', reason: 'gateway-lost' }]);
  });

  it('is offline where its hello was stored after that gateway had given back its id', async () => {
    const other = await world.gateway('gw-other');
    await world.time.until(other.stop());
    await world.heardBy('gw-other');
    await world.time.pass(70_000);
    expect(await goodbyes()).toMatchObject([{ gateway_id: 'gw-other', reason: 'gateway-lost' }]);
  });

  it('is offline where its hello was stored after this gateway had looked, which looks again', async () => {
    await world.time.pass(HOUR_MS / 2);
    await world.heardBy('gw-gone');
    await world.time.pass(HOUR_MS);
    expect(await goodbyes()).toHaveLength(1);
  });

  it('is said to be so once, by two that look at the same time', async () => {
    await world.gateway('gw-2');
    await world.heardBy('gw-gone');
    await world.time.pass(HOUR_MS);
    expect(await goodbyes()).toHaveLength(1);
  });

  it('is offline where the process before this one had its hello under way', async () => {
    await world.heardBy('gw-1');
    await world.time.pass(70_000);
    expect(await goodbyes()).toMatchObject([{ gateway_id: 'gw-1', reason: 'gateway-restarted' }]);
  });
});

describe('a device whose gateway lives', () => {
  it('stays online where that may be of a release which knows of no leases', async () => {
    await world.heardBy('gw-old', {});
    await world.time.pass(HOUR_MS);
    expect(await goodbyes()).toEqual([]);
  });

  it('is not said to be offline by another one that had found nobody there before', async () => {
    await world.heardBy('gw-2');
    await world.time.pass(70_000);
    const its = await world.gateway('gw-2');
    await world.time.pass(1_000);
    (await world.tunnel(its)).say(hello);
    await world.time.pass(HOUR_MS);
    expect(await goodbyes()).toMatchObject([{ session_id: 'ses-gw-2', reason: 'gateway-restarted' }]);
  });

  it.each([['gw-1'], ['gw-2']])('stays online (%s)', async (gateway_id) => {
    const its = gateway_id === 'gw-1' ? core : await world.gateway(gateway_id);
    (await world.tunnel(its)).say(hello);
    await world.time.pass(2 * HOUR_MS);
    expect(await goodbyes()).toEqual([]);
  });
});
