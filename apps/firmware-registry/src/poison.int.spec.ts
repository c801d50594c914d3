import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '@edgeflow/contracts';
import { firmwareIdOf } from '@edgeflow/firmware';
import { newSigningKey } from '@edgeflow/identity';
import { poisonFor, storeRaw, type PoisonMessage } from '@edgeflow/testkit';
import { RegistryCore } from './registry.core.js';
import { startTestRegistry, type Tenant, type TestRegistry } from './testing/registry.fixture.js';

let registry: TestRegistry;
let tenant: Tenant;

beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(() => registry.stop());
beforeEach(() => {
  tenant = registry.tenant();
});

const address = (entity: Address['entity'], entity_id: string, type: string): Address => ({
  ...{ org: tenant.org, entity, entity_id, type },
});
const idOf = (version: string) => firmwareIdOf(tenant.org, 'm1', version);
/** An event of a version that a release of tomorrow writes. */
const newer = (of: Address): PoisonMessage[] => poisonFor(of, {}).filter(({ name }) => name === 'the next version');
const store = (messages: readonly PoisonMessage[]) => storeRaw(registry.nats.url, registry.log, messages);

describe('every kind of poison in the streams of the registry', () => {
  it('keeps nobody from uploading, signing keys, and revoking', async () => {
    await tenant.upload({ version: '1.0.0' });
    await store([
      ...poisonFor(address('firmware', idOf('1.1.0'), 'FirmwareSigned'), {}),
      ...poisonFor(address('firmware', idOf('1.0.0'), 'FirmwareSigned'), {}),
      ...poisonFor(address('trust', tenant.org, 'SigningKeyRegistered'), {}),
    ]);
    const { status, body } = await tenant.upload({ version: '1.1.0' });
    expect(status).toBe(201);
    const { kid, public_key } = await newSigningKey('k1');
    expect(await tenant.ask('POST', '/keys', 'admin', { kid, public_key })).toMatchObject({ status: 201 });
    expect(await tenant.ask('POST', `/keys/${kid}/revoke`, 'admin', {})).toMatchObject({ status: 202 });
    for (const id of [idOf('1.0.0'), body.firmware_id]) expect(await tenant.revoke(id)).toMatchObject({ status: 202 });
  });
});

describe('what must not be believed away', () => {
  it('counts though it cannot be read: a revoked firmware is not released again', async () => {
    const bytes = randomBytes(100);
    await tenant.upload({ bytes });
    await store(newer(address('firmware', idOf('1.3.0'), 'FirmwareRevoked')));
    expect(await tenant.upload({ bytes })).toMatchObject({ status: 409, body: { code: 'firmware-revoked' } });
  });

  it('counts though it cannot be read: no key that there was signs any more, and firmware has to be signed', async () => {
    const { kid, public_key } = await newSigningKey('k1');
    await tenant.ask('POST', '/keys', 'admin', { kid, public_key });
    await store([
      ...newer(address('trust', tenant.org, 'SigningKeyRevoked')),
      ...newer(address('trust', tenant.org, 'SigningPolicyChanged')),
    ]);
    expect(await tenant.ask('POST', '/keys', 'admin', { kid, public_key })).toMatchObject({
      ...{ status: 409, body: { code: 'signing-key-revoked' } },
    });
    expect((await tenant.ask('GET', '/policy', 'viewer')).body).toMatchObject({
      signature: 'required',
      rollback: 'refused',
    });
    expect(await tenant.upload()).toMatchObject({ status: 422, body: { code: 'signature-required' } });
  });

  it('counts though it cannot be read: a revoked API key opens nothing', async () => {
    const request = { name: 'ci', roles: ['publisher'] };
    const { body } = await tenant.ask<{ key: string; key_id: string }>('POST', '/api-keys', 'admin', request);
    await store(newer(address('access', body.key_id, 'ApiKeyRevoked')));
    const headers = { authorization: `Bearer ${body.key}` };
    await expect
      .poll(async () => (await fetch(`${tenant.url}/registry/v1/policy`, { headers })).status, { timeout: 10_000 })
      .toBe(401);
  });
});

describe('firmware that a release of tomorrow has released', () => {
  it('is no firmware here, is not released a second time, and keeps its image', async () => {
    await store(newer(address('firmware', idOf('1.3.0'), 'FirmwareUploaded')));
    expect(await tenant.upload()).toMatchObject({ status: 409, body: { code: 'version-exists' } });
    expect(await tenant.revoke(idOf('1.3.0'))).toMatchObject({ status: 404, body: { code: 'firmware-unknown' } });
    const key = `firmware/${tenant.org}/1.3.0/${randomBytes(32).toString('hex')}.bin`;
    await registry.store.put(key, imageOf('its image'));
    const later = new Date(Date.now() + 7_200_000);
    expect(await registry.service.app.get(RegistryCore).orphanSweep.run(later)).toEqual({ images: 0, uploads: 0 });
    expect((await tenant.stored()).objects).toEqual([key]);
  });
});

async function* imageOf(text: string) {
  yield await Promise.resolve(Buffer.from(text));
}
