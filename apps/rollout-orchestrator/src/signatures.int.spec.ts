import { deriveId, type FirmwareSignature } from '@edgeflow/contracts';
import { trustLane } from '@edgeflow/firmware';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Fleet, ids } from './testing/fleet.fixture.js';
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
  return world.happen(trustLane('acme'), {
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
  world.happen(trustLane('acme'), { type: 'SigningKeyRevoked', data: { kid: 'k1', revoked_by: 'spec' } });
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
