import { beforeEach, describe, expect, it } from 'vitest';
import type { GatewayCore } from '../core.js';
import { MemoryWorld } from '../testing/memory-world.fixture.js';
import { hello } from './session.fixture.js';

/** Longer than gateways are apart about the log's time. */
const LONG_MS = 3_000;

let world: MemoryWorld;
let one: GatewayCore;
beforeEach(async () => {
  world = await MemoryWorld.of(11);
  one = await world.gateway();
  await world.registered(one);
});

const boots = async (): Promise<unknown[]> =>
  (await world.history()).flatMap(({ type, data }) => (type === 'DeviceConnected' ? [data.boot_id] : []));

describe('a hello that comes behind that of a tunnel which was opened later', () => {
  it.each([['gw-1'], ['gw-2']])('says nothing of its device, where the later one is at %s', async (gateway_id) => {
    const other = gateway_id === 'gw-1' ? one : await world.gateway(gateway_id);
    const before = await world.tunnel(one);
    await world.time.pass(LONG_MS);
    const after = await world.tunnel(other);
    after.say({ ...hello, boot_id: 'boot-2' });
    await world.recorded('DeviceConnected');
    before.say({ ...hello, version: '2.0.0', boot_id: 'boot-1' });
    expect(await world.time.until(before.closed)).toEqual({ code: 4409 });
    expect(await boots()).toEqual(['boot-2']);
    expect((await world.history()).filter(({ type }) => type === 'DeviceDisconnected')).toEqual([]);
    // It goes on.
    after.say({ ...hello, version: '2.0.0', boot_id: 'boot-2' });
    expect((await world.recorded('DeviceVersionReported', 2)).data).toMatchObject({ boot_id: 'boot-2' });
  });

  it('says nothing of it where the later one has come and gone', async () => {
    const before = await world.tunnel(one);
    await world.time.pass(LONG_MS);
    const after = await world.tunnel(one);
    after.say({ ...hello, boot_id: 'boot-2' });
    await world.recorded('DeviceConnected');
    after.leave();
    await world.recorded('DeviceDisconnected');
    before.say({ ...hello, boot_id: 'boot-1' });
    expect(await world.time.until(before.closed)).toEqual({ code: 4409 });
    expect(await boots()).toEqual(['boot-2']);
  });
});

describe('a tunnel that was opened later', () => {
  it('takes the place of the one before, at whichever gateway', async () => {
    const two = await world.gateway('gw-2');
    const before = await world.tunnel(one);
    before.say({ ...hello, boot_id: 'boot-1' });
    await world.recorded('DeviceConnected');
    (await world.tunnel(two)).say({ ...hello, boot_id: 'boot-2' });
    await world.recorded('DeviceConnected', 2);
    expect(await boots()).toEqual(['boot-1', 'boot-2']);
    (await world.tunnel(one)).say({ ...hello, boot_id: 'boot-3' });
    await world.recorded('DeviceConnected', 3);
    expect(await world.time.until(before.closed)).toEqual({ code: 4409 });
  });
});
