import { randomBytes } from 'node:crypto';
import type { FirmwareManifest } from '@edgeflow/contracts';
import { newSigningKey, signKeyStatement, signManifest, type SigningKey } from '@edgeflow/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  NOTHING,
  partsOf,
  sha256,
  startTestRegistry,
  type Part,
  type Tenant,
  type TestRegistry,
} from '../testing/registry.fixture.js';

const DAY_MS = 86_400_000;
const image = randomBytes(2_000);

let registry: TestRegistry;
let tenant: Tenant;
let key: SigningKey;

const register = ({ kid, public_key }: SigningKey, more = {}) =>
  tenant.ask<{ code: string }>('POST', '/keys', 'admin', { kid, public_key, ...more });
const revoke = (kid: string) => tenant.ask('POST', `/keys/${kid}/revoke`, 'admin', { reason: 'leaked' });
const until = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

function manifestOf(change: Partial<FirmwareManifest> = {}, by = key): Promise<string> {
  const right = { version: '1.3.0', sha256: sha256(image), size: image.length, models: ['m1'], release_counter: 7 };
  return signManifest({ org: tenant.org, ...right, expires_at: until(30), ...change }, by.jwk, by.kid);
}

beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(() => registry.stop());
beforeEach(async () => {
  tenant = registry.signingTenant();
  key = await newSigningKey('k1');
});

describe('an organization that has said nothing', () => {
  it('wants signatures, and takes no unsigned firmware', async () => {
    expect((await tenant.ask('GET', '/policy', 'viewer')).body).toEqual({
      ...{ signature: 'required', rollback: 'allowed', position: 0 },
    });
    expect(await tenant.upload()).toMatchObject({ status: 422, body: { code: 'signature-required' } });
    expect(await tenant.stored()).toEqual(NOTHING);
  });

  it('says of a manifest behind the file that it comes too late', async () => {
    const parts: Part[] = [...partsOf({ bytes: image, manifest: null }), ['manifest', await manifestOf()]];
    expect(await tenant.post(parts)).toMatchObject({ status: 400, body: { code: 'field-order', field: 'manifest' } });
    expect(await tenant.stored()).toEqual(NOTHING);
  });

  it('takes unsigned firmware once its admin says so', async () => {
    const policy = { signature: 'optional', rollback: 'refused', reason: 'lab' };
    expect(await tenant.ask('PUT', '/policy', 'operator', policy)).toMatchObject({ status: 403 });
    expect(await tenant.ask('PUT', '/policy', 'admin', policy)).toMatchObject({
      ...{ status: 200, body: { signature: 'optional', rollback: 'refused' } },
    });
    expect((await tenant.upload()).status).toBe(201);
    // A manifest that is sent is verified all the same.
    const manifest = await manifestOf({}, await newSigningKey('other'));
    expect(await tenant.upload({ bytes: image, version: '1.4.0', manifest })).toMatchObject({
      ...{ status: 422, body: { code: 'signature-invalid' } },
    });
  });
});

describe('firmware with a manifest of a registered key', () => {
  beforeEach(() => register(key));

  it('is released with its signature', async () => {
    const manifest = await manifestOf({ allow_downgrade: true });
    const answer = await tenant.upload({ bytes: image, manifest });
    expect(answer).toMatchObject({ status: 201, body: { signed_by: 'k1', release_counter: 7 } });
    const [upload] = await tenant.uploads();
    expect(upload?.signature).toMatchObject({ kid: 'k1', release_counter: 7, allow_downgrade: true });
    expect(JSON.stringify(upload)).not.toContain(manifest);
  });

  it.each<[string, Partial<FirmwareManifest>, string]>([
    ['another organization', { org: 'globex' }, 'manifest-mismatch'],
    ['another version', { version: '1.3.1' }, 'manifest-mismatch'],
    ['another image', { sha256: 'a'.repeat(64) }, 'manifest-mismatch'],
    ['another size', { size: 1 }, 'manifest-mismatch'],
    ['other models', { models: ['m2'] }, 'manifest-mismatch'],
    ['yesterday', { expires_at: until(-1) }, 'manifest-expired'],
  ])('for %s is refused, and nothing of it is kept', async (_name, change, code) => {
    const answer = await tenant.upload({ bytes: image, manifest: await manifestOf(change) });
    expect(answer).toMatchObject({ status: 422, body: { code } });
    expect(await tenant.stored()).toEqual(NOTHING);
    expect(await tenant.events()).toEqual([]);
  });

  it('is refused once the key is revoked, and signed again with another', async () => {
    const { body } = await tenant.upload({ bytes: image, manifest: await manifestOf() });
    expect(await revoke('k1')).toMatchObject({ status: 202 });
    const refused = { status: 409, body: { code: 'signing-key-revoked' } };
    expect(await tenant.upload({ bytes: image, manifest: await manifestOf() })).toMatchObject(refused);
    const next = await newSigningKey('k2');
    expect(await register(next)).toMatchObject({ status: 409, body: { code: 'key-not-chained' } });
    await register(next, { first: true });
    const manifest = await manifestOf({ release_counter: 8 }, next);
    const path = `/firmware/${body.firmware_id}/manifest`;
    const signed = await tenant.ask<{ position: number }>('PUT', path, 'publisher', { manifest });
    expect(signed).toMatchObject({ status: 200, body: { signed_by: 'k2', release_counter: 8 } });
    expect(await tenant.ask('PUT', path, 'publisher', { manifest })).toEqual(signed);
    expect((await tenant.events()).at(-1)).toMatchObject({ type: 'FirmwareSigned', position: signed.body.position });
    expect(await tenant.upload({ bytes: image, manifest })).toMatchObject({ status: 200 });
  });

  it('is signed again by the same upload with another manifest, and again with the one before', async () => {
    const manifests = [await manifestOf({ release_counter: 7 }), await manifestOf({ release_counter: 8 })];
    const first = await tenant.upload({ bytes: image, manifest: manifests[0] });
    expect(first).toMatchObject({ status: 201, body: { release_counter: 7 } });
    for (const which of [1, 0, 1]) {
      const { status, body } = await tenant.upload({ bytes: image, manifest: manifests[which] });
      expect({ status, body }).toMatchObject({ status: 200, body: { signed_by: 'k1', release_counter: 7 + which } });
      expect((await tenant.events()).at(-1)).toMatchObject({ type: 'FirmwareSigned', position: body.position });
    }
  });

  it('is signed again for all models that have its image, whichever upload brought it to them', async () => {
    const { body } = await tenant.upload({ bytes: image, manifest: await manifestOf() });
    const both = await manifestOf({ models: ['m1', 'm2'] });
    expect((await tenant.upload({ bytes: image, models: ['m2'], manifest: both })).status).toBe(201);
    const path = `/firmware/${body.firmware_id}/manifest`;
    const one = await tenant.ask('PUT', path, 'publisher', { manifest: await manifestOf({ release_counter: 8 }) });
    expect(one).toMatchObject({ status: 422, body: { code: 'manifest-mismatch', member: 'models' } });
    const manifest = await manifestOf({ release_counter: 8, models: ['m1', 'm2'] });
    expect(await tenant.ask('PUT', path, 'publisher', { manifest })).toMatchObject({ status: 200 });
    const signed = (await tenant.events()).filter(({ type }) => type === 'FirmwareSigned');
    expect(signed.map(({ data }) => (data as { model: string }).model)).toEqual(['m1', 'm2']);
  });

  it('is not found by another organization', async () => {
    const { body } = await tenant.upload({ bytes: image, manifest: await manifestOf() });
    const manifest = await manifestOf();
    const other = registry.signingTenant();
    const answer = await other.ask('PUT', `/firmware/${body.firmware_id}/manifest`, 'publisher', { manifest });
    expect(answer).toMatchObject({ status: 404, body: { code: 'firmware-unknown' } });
  });
});

describe('a signing key', () => {
  it('is registered by an admin, without its private half', async () => {
    expect(await tenant.ask('POST', '/keys', 'publisher', {})).toMatchObject({ status: 403 });
    expect(await register(key)).toMatchObject({ status: 201 });
    expect(await register(key)).toMatchObject({ status: 200 });
    const body = { kid: 'k2', public_key: key.jwk };
    expect(await tenant.ask('POST', '/keys', 'admin', body)).toMatchObject({ status: 400 });
    expect((await tenant.ask<{ items: object[] }>('GET', '/keys', 'viewer')).body.items).toEqual([
      { kid: 'k1', public_key: key.public_key, revoked: false },
    ]);
    expect((await registry.signingTenant().ask<{ items: object[] }>('GET', '/keys', 'viewer')).body.items).toEqual([]);
  });

  it('keeps its id, and does not come back once it is revoked', async () => {
    await register(key);
    const other = { ...(await newSigningKey('k1')) };
    expect(await register(other)).toMatchObject({ status: 409, body: { code: 'signing-key-exists' } });
    await revoke('k1');
    expect(await register(key)).toMatchObject({ status: 409, body: { code: 'signing-key-revoked' } });
    expect(await revoke('nobody')).toMatchObject({ status: 404, body: { code: 'signing-key-unknown' } });
  });

  it('has one id, also once that is revoked', async () => {
    await register(key);
    const next = await newSigningKey('k2');
    const vouched = (kid: string, { public_key }: SigningKey, by: SigningKey, more = {}) =>
      signKeyStatement({ org: tenant.org, kid, public_key, issued_at: until(0), ...more }, by.jwk, by.kid);
    const twin = { ...key, kid: 'k1b' };
    const statement = await vouched('k1b', key, key);
    expect(await register(twin, { statement })).toMatchObject({
      ...{ status: 409, body: { code: 'signing-key-exists', registered_as: 'k1' } },
    });
    await register(next, { statement: await vouched('k2', next, key) });
    await revoke('k1');
    expect(await register(twin, { statement: await vouched('k1b', key, next) })).toMatchObject({
      ...{ status: 409, body: { code: 'signing-key-revoked', registered_as: 'k1' } },
    });
    // A statement that has devices trust the key never again.
    const last = await newSigningKey('k3');
    const against = await vouched('k3', last, next, { revokes: ['k2', 'k3'] });
    expect(await register(last, { statement: against })).toMatchObject({
      ...{ status: 409, body: { code: 'key-not-chained' } },
    });
    expect((await register(last, { statement: await vouched('k3', last, next) })).status).toBe(201);
  });

  it('is registered with a statement that is a text, or none', async () => {
    for (const wrong of [{ statement: null }, { first: null }]) {
      expect(await register(key, wrong)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    }
  });

  it('may be vouched for by one that is trusted, and by no other', async () => {
    await register(key);
    const next = await newSigningKey('k2');
    const says = { org: tenant.org, kid: 'k2', public_key: next.public_key, issued_at: until(0) };
    for (const first of [undefined, false, true]) {
      expect(await register(next, { first })).toMatchObject({
        ...{ status: 409, body: { code: 'key-not-chained', in_force: ['k1'] } },
      });
    }
    const foreign = await signKeyStatement(says, next.jwk, 'k2');
    expect((await register(next, { statement: foreign })).status).toBe(404);
    const about = await signKeyStatement({ ...says, kid: 'k3' }, key.jwk, 'k1');
    expect(await register(next, { statement: about })).toMatchObject({ status: 422 });
    const statement = await signKeyStatement(says, key.jwk, 'k1');
    expect((await register(next, { statement })).status).toBe(201);
  });
});
