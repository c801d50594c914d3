import { createHash } from 'node:crypto';
import { trustStream, deriveId, type DataOf, type FirmwareManifest } from '@edgeflow/contracts';
import { flattenedOf, newSigningKey, signKeyStatement, signManifest, type SigningKey } from '@edgeflow/identity';
import type { RunningService } from '@edgeflow/service-host';
import type { TunnelClient } from '@edgeflow/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ORG, World, setPolicy, type TestDevice } from '../../testing/world.fixture.js';

const SHA256 = createHash('sha256').update('a firmware image').digest('hex');
let world: World;
let gateway: RunningService;
let key: SigningKey;
let device: TestDevice;
let tunnel: TunnelClient;
let count = 0;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
  await setPolicy(world.log, 'required');
  key = await newSigningKey('k1');
  await register(key);
});
afterAll(() => world.stop());
beforeEach(async () => {
  device = await world.device(gateway);
  tunnel = await world.connected(gateway, device);
});

function register({ kid, public_key }: SigningKey, statement?: string): Promise<unknown> {
  const about = { kid, public_key, registered_by: 'spec' };
  const data = { ...about, ...(statement !== undefined && { statement: flattenedOf(statement) }) };
  return world.append(trustStream(ORG), { type: 'SigningKeyRegistered', data });
}

/** Releases a firmware as the registry does, and dispatches it as the orchestrator does. */
async function dispatched(change: Partial<FirmwareManifest> = {}, by = key, plan = {}) {
  const firmware_id = deriveId('fw', String((count += 1)));
  const right = { org: ORG, models: ['cam-1'], version: '2.0.0', sha256: SHA256, size: 16, release_counter: 4 };
  const manifest = { ...right, expires_at: '2099-01-01T00:00:00Z', ...change };
  const compact = await signManifest(manifest, by.jwk, by.kid);
  const { release_counter, expires_at } = manifest;
  const signature = { kid: by.kid, release_counter, expires_at, manifest: flattenedOf(compact) };
  const stated = { firmware_id, model: 'cam-1', models: ['cam-1'], version: '2.0.0', sha256: SHA256, size: 16 };
  const data: DataOf<'FirmwareUploaded'> = {
    ...{ ...stated, sha1: 'b'.repeat(40), md5: 'c'.repeat(32), key: 'x', signature, uploaded_by: 'spec' },
  };
  await world.append({ org: ORG, entity: 'firmware', entity_id: firmware_id }, { type: 'FirmwareUploaded', data });
  await world.dispatch(device, { firmware_id, ...plan });
  return compact;
}

const failure = async () => (await world.recorded(device, 'DeviceUpdateReported')).data.code;

describe('signed firmware', () => {
  it('is offered with its manifest', async () => {
    const manifest = await dispatched();
    expect(await tunnel.next('update')).toMatchObject({ manifest, version: '2.0.0' });
  });

  it('is offered as the way back when it is one', async () => {
    await dispatched({}, key, { rollback: true });
    expect(await tunnel.next('update')).toMatchObject({ rollback: true });
  });

  it.each<[string, Partial<FirmwareManifest>, string]>([
    ['for another image', { sha256: 'a'.repeat(64) }, 'manifest-mismatch'],
    ['for another size', { size: 17 }, 'manifest-mismatch'],
    ['for another version', { version: '2.0.1' }, 'manifest-mismatch'],
    ['for another model', { models: ['cam-2'] }, 'manifest-mismatch'],
    ['of another organization', { org: 'globex' }, 'manifest-mismatch'],
    ['that has expired', { expires_at: '2020-01-01T00:00:00Z' }, 'manifest-expired'],
  ])('with a manifest %s is not offered', async (_name, change, code) => {
    await dispatched(change);
    expect(await failure()).toBe(code);
    expect(tunnel.frames.map(({ type }) => type)).not.toContain('update');
  });

  it('of a key that nobody registered is not offered', async () => {
    await dispatched({}, await newSigningKey('k9'));
    expect(await failure()).toBe('signing-key-unknown');
  });

  it('of another key by the same name is not offered', async () => {
    await dispatched({}, await newSigningKey('k1'));
    expect(await failure()).toBe('signature-invalid');
  });
});

describe('what is not signed', () => {
  it('is not offered where signatures are required', async () => {
    await world.dispatch(device);
    expect(await failure()).toBe('signature-required');
  });
});

describe('an image of another organization', () => {
  it('is not offered, whatever the dispatch says', async () => {
    const foreign = `firmware/globex/2.0.0/${SHA256}.bin`;
    await world.image(foreign, SHA256);
    await dispatched({}, key, { key: foreign });
    expect(await failure()).toBe('image-missing');
  });
});

describe('a key that several others vouch for', () => {
  it('comes to a device with the word of one that it knows, however many statements came after that', async () => {
    const { last } = await world.log.lastOfEach({ org: ORG, entity: 'device', entity_id: device.device_id });
    const known_keys = { enrolled_at: last.DeviceRegistered?.position ?? 0 };
    const [first, ...others] = await Promise.all(['n1', 'n2', 'n3', 'n4', 'n5'].map((kid) => newSigningKey(kid)));
    if (!first) throw new Error('no key');
    const said = async (by: SigningKey, { kid, public_key }: SigningKey) => {
      const says = { org: ORG, kid, public_key, issued_at: '2026-01-01T00:00:00Z' };
      return signKeyStatement(says, by.jwk, by.kid);
    };
    const statement = await said(key, first);
    await register(first, statement);
    let before = first;
    for (const next of others) {
      await register(next, await said(before, next));
      before = next;
    }
    await dispatched({}, first, { known_keys });
    const { key_statements } = await tunnel.next('update');
    expect(key_statements).toHaveLength(4);
    expect(key_statements?.[0]).toBe(statement);
  });
});

describe('a key that another one vouches for', () => {
  it('comes to devices with its statement, and stops the other one once that is revoked', async () => {
    const next = await newSigningKey('k2');
    const says = { org: ORG, kid: 'k2', public_key: next.public_key, issued_at: '2026-01-01T00:00:00Z' };
    const statement = await signKeyStatement(says, key.jwk, 'k1');
    await register(next, statement);
    await dispatched({}, next);
    const { key_statements } = await tunnel.next('update');
    expect(key_statements).toContain(statement);
    await world.append(trustStream(ORG), { type: 'SigningKeyRevoked', data: { kid: 'k1', revoked_by: 'spec' } });
    const other = await world.device(gateway);
    device = other;
    await world.connected(gateway, other);
    await dispatched();
    expect(await failure()).toBe('signing-key-revoked');
  });
});
