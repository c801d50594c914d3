import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Fact, StoredEvent } from '@edgeflow/contracts';
import { type Fleet, ids, streamOf } from '../testing/fleet.fixture.js';
import { eachInAWorld } from '../testing/each-in-a-world.fixture.js';
import { type World, eventually } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['1.0.0', '2.0.0'], (its) => ({ world, fleet } = its));

const north = { version: '2.0.0', target: { fleet: 'north' } };
const canary = { type: 'canary', count: 2, soak_s: 3_600, success_percent: 100 };

const reverts = () => written('UpdateReverted');

async function written<N extends 'UpdateReverted' | 'UpdateCompleted'>(type: N): Promise<StoredEvent<N>[]> {
  const found: StoredEvent[] = [];
  for await (const event of world.log.scan(['ota.acme.update.*.*'])) if (event.type === type) found.push(event);
  return found as StoredEvent<N>[];
}

/** The devices that were told, once their wave soaks. */
async function soaking(rollout_id: string): Promise<string[]> {
  await eventually(async () => {
    const resource = await world.resource(rollout_id);
    return { found: resource?.waves[0]?.state === 'soaking' ? true : undefined, seen: resource };
  });
  return fleet.dispatched.map(({ device_id }) => device_id);
}

describe('canaries whose boot loaders go back in the soak', () => {
  it('stop the rollout at the gate that they had passed, and the fleet is not updated', async () => {
    await fleet.join(ids(5), { fleet: 'north' });
    const id = await world.rollout({ ...north, strategy: canary });
    const told = await soaking(id);
    for (const device of told) await fleet.boots(device, '1.0.0');
    const held = await world.reaches(id, 'paused');
    expect(held.waves[0]).toMatchObject({ eligible: 2 });
    expect(held.waiting_for).toMatchObject([{ reason: 'gate', gate: { gate: 'success', passed: false, wave: 0 } }]);
    await eventually(async () => {
      const resource = await world.resource(id);
      return { found: resource?.waves[0]?.reverted === 2 ? true : undefined, seen: resource };
    });
    expect((await world.resource(id))?.waves[0]).toMatchObject({ succeeded: 0, failed: 2, reverted: 2 });
    expect(fleet.dispatched).toHaveLength(2);
  });

  it('stop it also where that is read when the soak is over: nobody of the next wave is told', async () => {
    await fleet.join(ids(5), { fleet: 'north' });
    const strategy = { ...canary, soak_s: 2 };
    const id = await world.rollout({ ...north, strategy, failure: { count: 1 } });
    const told = await soaking(id);
    await world.service.stop();
    for (const device of told) await fleet.boots(device, '1.0.0');
    await sleep(2_500);
    await world.start();
    const held = await world.reaches(id, 'paused');
    expect(held.waiting_for).toMatchObject([{ reason: 'gate', gate: { passed: false, wave: 0 } }]);
    expect(fleet.dispatched).toHaveLength(2);
  });

  it('trip the failure gate, which rolls back who is left', async () => {
    await fleet.join(ids(4), { fleet: 'north' });
    const id = await world.rollout({
      ...north,
      strategy: { type: 'staged', waves: [{ percent: 100, soak_s: 3_600 }] },
      failure: { count: 1, action: 'rollback' },
    });
    const [first = ''] = await soaking(id);
    await fleet.boots(first, '1.0.0');
    const { rollback } = await world.reaches(id, 'rolled_back');
    expect(rollback?.waves[0]).toMatchObject({ eligible: 3, succeeded: 3 });
    for (const device of ids(4)) expect(fleet.versionOf(device)).toBe('1.0.0');
    // Those that were brought back did what they were told.
    expect((await reverts()).map(({ entity_id }) => entity_id)).toEqual([first]);
  });
});

describe('a device that boots new and old in turns after its rollout', () => {
  it('has reverted once, and its rollout stays as it was', async () => {
    await fleet.join(['dev-1'], { fleet: 'north' });
    const id = await world.rollout({ ...north, strategy: { type: 'all_at_once' } });
    await world.reaches(id, 'completed');
    for (const version of ['1.0.0', '2.0.0', '1.0.0', '2.0.0']) await fleet.boots('dev-1', version);
    const [reverted] = await eventually(async () => {
      const found = await reverts();
      return { found: found.length > 0 ? found : undefined, seen: found };
    });
    expect(reverted?.data).toMatchObject({
      rollout_id: id,
      wave: 0,
      code: 'reverted',
      version: '2.0.0',
      runs: '1.0.0',
    });
    await eventually(async () => {
      const resource = await world.resource(id);
      return { found: resource?.reverted === 1 ? true : undefined, seen: resource };
    });
    expect(await world.resource(id)).toMatchObject({ state: 'completed', succeeded: 1, failed: 0 });
    expect(await reverts()).toHaveLength(1);
  });
});

describe('a canary that does not run the version any more when its soak ends', () => {
  const one = { ...canary, count: 1 };
  const waveOf = async (id: string, holds: (wave: { skipped: number; failed: number }) => boolean) =>
    eventually(async () => {
      const resource = await world.resource(id);
      const wave = resource?.waves[0];
      return { found: wave && holds(wave) ? wave : undefined, seen: resource };
    });

  it.each([
    ['revoked', 'device-revoked', { type: 'DeviceRevoked', data: { revoked_by: 'spec' } }],
    ['taken out of service', 'device-removed', { type: 'DeviceRemoved', data: { removed_by: 'spec' } }],
  ] as const)('is no evidence where it was %s', async (_how, code, { type, data }) => {
    await fleet.join(ids(3), { fleet: 'north' });
    const id = await world.rollout({ ...north, strategy: one });
    const [device_id = ''] = await soaking(id);
    await world.happen(streamOf(device_id), { type, data: { device_id, ...data } } as Fact);
    const { waiting_for, waves } = await world.reaches(id, 'paused');
    expect(waiting_for).toMatchObject([{ reason: 'gate', code: 'no-evidence' }]);
    expect(waves[0]).toMatchObject({ succeeded: 0, skipped: 1 });
    expect((await world.members(id))[0]).toMatchObject({ status: 'skipped', code });
  });

  it('since somebody rolled it back alone is no evidence', async () => {
    await fleet.join(ids(3), { fleet: 'north' });
    const id = await world.rollout({ ...north, strategy: one });
    const [device = ''] = await soaking(id);
    expect((await world.ask('POST', `devices/${device}/rollback`, { reason: 'looks bad' })).status).toBe(202);
    const held = await world.reaches(id, 'paused');
    expect(held.waiting_for).toMatchObject([{ reason: 'gate', code: 'no-evidence' }]);
    expect(await waveOf(id, ({ skipped }) => skipped === 1)).toMatchObject({ succeeded: 0, failed: 0, superseded: 1 });
    expect(fleet.versionOf(device)).toBe('1.0.0');
    expect(fleet.dispatched.map(({ device_id }) => device_id)).toEqual([device, device]);
  });

  it('though another update brought it there again meanwhile has failed', async () => {
    await fleet.join(ids(3), { fleet: 'north' });
    const id = await world.rollout({ ...north, strategy: one });
    const [device_id = ''] = await soaking(id);
    expect((await world.ask('POST', 'updates', { device_id, version: '2.0.0', force: true })).status).toBe(202);
    await eventually(async () => {
      const seen = await written('UpdateCompleted');
      return { found: seen.length === 2 ? true : undefined, seen };
    });
    await fleet.boots(device_id, '1.0.0');
    expect((await world.reaches(id, 'paused')).waiting_for).toMatchObject([{ reason: 'gate' }]);
    expect(await waveOf(id, ({ failed }) => failed === 1)).toMatchObject({ succeeded: 0, reverted: 1 });
  });

  it('since somebody took it elsewhere while the rollout was paused is none either', async () => {
    await fleet.join(ids(3), { fleet: 'north' });
    await world.firmware('3.0.0');
    const id = await world.rollout({ ...north, strategy: { ...one, soak_s: 1 } });
    const [device_id = ''] = await soaking(id);
    expect((await world.ask('POST', `rollouts/${id}/pause`, {})).status).toBe(202);
    await world.reaches(id, 'paused');
    expect((await world.ask('POST', 'updates', { device_id, version: '3.0.0' })).status).toBe(202);
    expect(await waveOf(id, ({ skipped }) => skipped === 1)).toMatchObject({ succeeded: 0, superseded: 1 });
  });
});
