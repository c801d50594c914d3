import { trustStream, deriveId, type FirmwareSignature } from '@edgeflow/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Fleet, ids, streamOf } from './testing/fleet.fixture.js';
import { World, eventually } from './testing/world.fixture.js';

const JWS = { protected: 'e30', payload: 'e30', signature: 'A'.repeat(86) };
const signature = (release_counter: number, more: Partial<FirmwareSignature> = {}): FirmwareSignature => ({
  ...{ kid: 'k1', release_counter, expires_at: '2099-01-01T00:00:00Z', manifest: JWS },
  ...more,
});

let world: World;
let fleet: Fleet;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.begin();
  await world.policy('required');
  await registerKey('k1');
  fleet = new Fleet(world);
});
afterEach(async () => {
  fleet.stop();
  await world.end();
});

function registerKey(kid: string): Promise<number> {
  const public_key = { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) } as const;
  return world.happen(trustStream('acme'), {
    type: 'SigningKeyRegistered',
    data: { kid, public_key, registered_by: 'spec' },
  });
}

function signAgain(version: string, by: FirmwareSignature): Promise<number> {
  const firmware_id = deriveId('fw', 'acme', 'm1', version);
  const data = { firmware_id, model: 'm1', version, signature: by, submitted_by: 'spec' };
  return world.happen({ org: 'acme', entity: 'firmware', entity_id: firmware_id }, { type: 'FirmwareSigned', data });
}

const revokeKey = () =>
  world.happen(trustStream('acme'), { type: 'SigningKeyRevoked', data: { kid: 'k1', revoked_by: 'spec' } });
const update = (version: string, device_id = 'dev_01') => world.ask('POST', 'updates', { device_id, version });
const rollout = (version: string) => ({ version, target: { fleet: 'north' }, strategy: { type: 'all_at_once' } });

/** The code of the refusal, once the orchestrator has read what was written just now. */
async function refusalOf(version: string): Promise<string | undefined> {
  return eventually(async () => {
    const { status, body } = await update(version);
    const behind = ['device-unknown', 'device-offline', 'firmware-unknown'].includes(body.code ?? '');
    return { found: behind || status < 300 ? undefined : body.code, seen: body };
  });
}

/** Brings all of the fleet to a version. */
async function bring(version: string): Promise<void> {
  await world.reaches(await world.rollout(rollout(version)), 'completed');
}

describe('firmware without a good signature', () => {
  it.each<[string, FirmwareSignature | undefined, string]>([
    ['no signature', undefined, 'signature-required'],
    ['an expired manifest', signature(1, { expires_at: '2020-01-01T00:00:00Z' }), 'manifest-expired'],
    ['a key that nobody registered', signature(1, { kid: 'k9' }), 'signature-invalid'],
  ])('with %s comes to no device, alone or in a rollout', async (_name, signed, code) => {
    await fleet.join(ids(2), { fleet: 'north' });
    await world.firmware('2.0.0', signed && { signature: signed });
    expect(await refusalOf('2.0.0')).toBe(code);
    expect(await world.ask('POST', 'rollouts', rollout('2.0.0'))).toMatchObject({ body: { code } });
  });

  it('does not go on once its key is revoked, and does once it is signed again', async () => {
    await fleet.join(ids(1), { fleet: 'north' });
    await world.firmware('2.0.0', { signature: signature(1) });
    await revokeKey();
    expect(await refusalOf('2.0.0')).toBe('signing-key-revoked');
    await world.policy('optional');
    expect(await refusalOf('2.0.0')).toBe('signing-key-revoked');
    await registerKey('k2');
    await signAgain('2.0.0', signature(1, { kid: 'k2' }));
    await eventually(async () => {
      const { status, body } = await update('2.0.0');
      return { found: status < 300 || undefined, seen: body };
    });
  });
});

describe('a fleet that runs a release which nobody told it', () => {
  it('is not taken below its counter: who left the factory with it is left out of the plan, and of what joins', async () => {
    await world.firmware('1.0.0', { signature: signature(1) });
    await world.firmware('2.0.0', { signature: signature(2) });
    await fleet.join(ids(2), { fleet: 'north', version: '2.0.0' });
    const excluded = { 'downgrade-refused': 2 };
    await eventually(async () => {
      const { body: plan } = await world.ask('POST', 'rollouts?dry_run=true', rollout('1.0.0'));
      return { found: JSON.stringify(plan['excluded']) === JSON.stringify(excluded) || undefined, seen: plan };
    });
    const id = await world.rollout({ ...rollout('1.0.0'), membership: 'continuous', force: true });
    expect(await world.reaches(id, 'completed')).toMatchObject({ eligible: 0, excluded });
    // It says what it runs before it comes to the fleet.
    await fleet.join(['dev_03'], { version: '2.0.0' });
    const moved = {
      device_id: 'dev_03',
      model: 'm1',
      fleet: 'north',
      tags: [],
      changed: ['fleet' as const],
      changed_by: 'spec',
    };
    await world.happen(streamOf('dev_03'), { type: 'DeviceChanged', data: moved });
    await world.until(id, ({ excluded: all }) => all['downgrade-refused'] === 3);
  });
});

describe('a fleet that has run a release', () => {
  beforeEach(async () => {
    await world.firmware('1.0.0', { signature: signature(1) });
    await world.firmware('2.0.0', { signature: signature(2) });
    await fleet.join(ids(2), { fleet: 'north' });
    await bring('2.0.0');
  });

  it('is not taken below its counter, by an update or by a rollout', async () => {
    expect(await refusalOf('1.0.0')).toBe('downgrade-refused');
    const plan = await world.ask('POST', 'rollouts?dry_run=true', rollout('1.0.0'));
    expect(plan.body).toMatchObject({ eligible: 0, excluded: { 'downgrade-refused': 2 } });
  });

  it('goes back by a rollback of its rollout, as far as the policy lets it', async () => {
    await world.firmware('3.0.0', { signature: signature(3) });
    const id = await world.rollout(rollout('3.0.0'));
    await world.reaches(id, 'completed');
    await world.act(id, 'rollback');
    await world.reaches(id, 'rolled_back');
    expect([fleet.versionOf('dev_01'), fleet.versionOf('dev_02')]).toEqual(['2.0.0', '2.0.0']);
  });

  it('does not by a rollback of its rollout when the policy refuses it, which is said beforehand', async () => {
    await world.policy('required', 'refused');
    await world.firmware('3.0.0', { signature: signature(3) });
    const body = { ...rollout('3.0.0'), failure: { count: 1, action: 'rollback' } };
    const no_way_back = { 'downgrade-refused': 2 };
    await eventually(async () => {
      const { body: plan } = await world.ask('POST', 'rollouts?dry_run=true', body);
      return { found: JSON.stringify(plan['no_way_back']) === JSON.stringify(no_way_back) || undefined, seen: plan };
    });
    const id = await world.rollout(body);
    await world.reaches(id, 'completed');
    await world.act(id, 'rollback');
    expect(await world.reaches(id, 'rollback_incomplete')).toMatchObject({
      no_way_back,
      rollback: { incomplete: 2, codes: no_way_back },
    });
  });

  it('does not when the policy refuses it', async () => {
    await world.policy('required', 'refused');
    await world.ask('POST', 'devices/dev_01/rollback', { reason: 'spec' });
    const rejected = await eventually(async () => {
      const events = await world.log.read({ org: 'acme', entity: 'update', entity_id: 'dev_01' });
      return { found: events.find(({ type }) => type === 'UpdateRejected'), seen: events.map(({ type }) => type) };
    });
    expect(rejected.data).toMatchObject({ code: 'downgrade-refused' });
  });
});

describe('a fleet of which some do not know the key', () => {
  const warned = { warnings: { 'key-not-trusted': 2 } };

  it('is told all the same, with their number in the plan, the answer and the rollout', async () => {
    await fleet.join(ids(2, 'old'), { fleet: 'north' });
    await registerKey('k2');
    await fleet.join(ids(3, 'new'), { fleet: 'north' });
    await world.firmware('2.0.0', { signature: signature(1, { kid: 'k2' }) });
    await eventually(async () => {
      const { body } = await world.ask('POST', 'rollouts?dry_run=true', rollout('2.0.0'));
      return { found: body['eligible'] === 5 || undefined, seen: body };
    });
    const plan = await world.ask('POST', 'rollouts?dry_run=true', rollout('2.0.0'));
    expect(plan.body).toMatchObject({ eligible: 5, excluded: {}, ...warned });
    fleet.behaviour = (device_id) => (device_id.startsWith('old') ? 'distrusts' : 'installs');
    const answer = await world.ask('POST', 'rollouts', rollout('2.0.0'));
    expect(answer).toMatchObject({ status: 202, body: warned });
    const id = String(answer.body.rollout_id);
    expect(await world.reaches(id, 'completed')).toMatchObject({ succeeded: 3, failed: 2, ...warned });
    // What they have shown since counts more than when they came.
    await world.firmware('3.0.0', { signature: signature(2, { kid: 'k2' }) });
    await eventually(async () => {
      const { body } = await world.ask('POST', 'rollouts?dry_run=true', rollout('3.0.0'));
      return { found: body['eligible'] === 5 || undefined, seen: body };
    });
    expect((await world.ask('POST', 'rollouts?dry_run=true', rollout('3.0.0'))).body).toMatchObject(warned);
    fleet.behaviour = () => 'installs';
    await bring('3.0.0');
    await world.firmware('4.0.0', { signature: signature(3, { kid: 'k2' }) });
    const later = await eventually(async () => {
      const { body } = await world.ask('POST', 'rollouts?dry_run=true', rollout('4.0.0'));
      return { found: body['eligible'] === 5 ? body : undefined, seen: body };
    });
    expect(later).toMatchObject({ warnings: {} });
  });

  it('is counted with those that join later too', async () => {
    await fleet.join(['dev_01'], { fleet: 'south' });
    await registerKey('k2');
    await world.firmware('2.0.0', { signature: signature(1, { kid: 'k2' }) });
    const id = await world.rollout({ ...rollout('2.0.0'), membership: 'continuous' });
    expect(await world.reaches(id, 'completed')).toMatchObject({ warnings: {} });
    const moved = { device_id: 'dev_01', model: 'm1', fleet: 'north', tags: [], changed: ['fleet' as const] };
    await world.happen(streamOf('dev_01'), { type: 'DeviceChanged', data: { ...moved, changed_by: 'spec' } });
    const { warnings } = await world.until(id, ({ succeeded }) => succeeded === 1);
    expect(warnings).toEqual({ 'key-not-trusted': 1 });
  });

  it('is nobody where the firmware is not signed, or with a key that they were told', async () => {
    await fleet.join(ids(2), { fleet: 'north' });
    await world.firmware('2.0.0', { signature: signature(1) });
    const planned = () =>
      eventually(async () => {
        const { body } = await world.ask('POST', 'rollouts?dry_run=true', rollout('2.0.0'));
        return { found: body['eligible'] === 2 ? body : undefined, seen: body };
      });
    expect(await planned()).toMatchObject({ warnings: {} });
  });
});
