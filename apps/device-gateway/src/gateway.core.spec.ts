import type { DataOf, StoredEvent } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { MemoryWorld, ORG } from './testing/memory-world.fixture.js';

/** A device is registered, connects, and comes to another version. */
async function updated(seed: number): Promise<{ world: MemoryWorld; events: readonly StoredEvent[] }> {
  const world = await MemoryWorld.of(seed);
  const core = await world.gateway();
  await world.allowUnsigned();
  await world.device(core);
  await world.recorded('DeviceConnected');
  await world.dispatch();
  await world.recorded('DeviceVersionReported', 2);
  return { world, events: await world.history() };
}

describe('a gateway that is composed over a log and a store in memory', () => {
  it('lets a device register, connect and update itself, in as few words as tell the story', async () => {
    const { events } = await updated(1);
    const phases = events.filter((event) => event.type === 'DeviceProgressReported').map(({ data }) => data);
    expect(phases.map((said) => (said as DataOf<'DeviceProgressReported'>).phase)).toEqual(['rebooting']);
    const versions = events.filter((event) => event.type === 'DeviceVersionReported').map(({ data }) => data);
    expect(versions).toMatchObject([{ version: '1.0.0' }, { version: '2.0.0' }]);
  });

  it('has the same history for the same seed, and another one for another', async () => {
    const [one, again, other] = [await updated(7), await updated(7), await updated(8)];
    expect(again.world.trace).toEqual(one.world.trace);
    expect(again.events).toEqual(one.events);
    expect(other.world.trace).not.toEqual(one.world.trace);
  });

  it('has its devices back after a connection that broke, and says goodbye for a session that it lost', async () => {
    const { world } = await updated(3);
    world.network.break();
    const { data } = await world.recorded('DeviceDisconnected', 2);
    expect(data).toMatchObject({ close_code: 1006 });
    await world.recorded('DeviceConnected', 3);
  });

  it('comes back after a crash, and says goodbye for who was connected', async () => {
    const { world } = await updated(4);
    world.crash();
    await world.gateway();
    const { data } = await world.recorded('DeviceDisconnected', 2);
    expect(data).toMatchObject({ reason: 'gateway-restarted' });
    await world.recorded('DeviceConnected', 3);
  });

  it('lets a device in with another key once it has told it, and tells it that it is revoked', async () => {
    const world = await MemoryWorld.of(6);
    const core = await world.gateway();
    const agent = await world.device(core);
    await world.recorded('DeviceConnected');
    await world.rotate();
    expect((await world.recorded('DeviceDisconnected')).data).toMatchObject({ reason: 'key-rotated' });
    await world.recorded('DeviceConnected', 2);
    await world.time.until(core.devices.revoke(ORG, { device_id: 'dev-1', revoked_by: 'ada' }));
    expect(await world.time.until(agent.ended)).toBe('revoked');
  });

  it('finds out that a device has gone without a word, which comes back by itself', async () => {
    const world = await MemoryWorld.of(9);
    await world.device(await world.gateway());
    await world.recorded('DeviceConnected');
    world.network.hang();
    // Two heartbeats of 30 s without an answer.
    await world.time.pass(60_000);
    expect((await world.recorded('DeviceDisconnected')).data).toMatchObject({ reason: 'no-pong' });
    await world.recorded('DeviceConnected', 2);
  });

  it('says a goodbye again that the log has lost with its tail', async () => {
    const world = await MemoryWorld.of(5);
    const agent = await world.device(await world.gateway());
    await world.recorded('DeviceConnected');
    await world.time.until(agent.stop());
    const { position, data } = await world.recorded('DeviceDisconnected');
    await world.cut(position - 1);
    expect((await world.history()).at(-1)).toMatchObject({ type: 'DeviceVersionReported' });
    expect((await world.recorded('DeviceDisconnected')).data).toMatchObject({
      session_id: data.session_id,
      reason: 'log-cut',
    });
  });

  it('stops with a goodbye to everybody', async () => {
    const world = await MemoryWorld.of(5);
    const core = await world.gateway();
    await world.device(core);
    await world.recorded('DeviceConnected');
    await world.time.until(core.stop());
    expect((await world.recorded('DeviceDisconnected')).data).toMatchObject({ reason: 'gateway-stopping' });
  });
});
