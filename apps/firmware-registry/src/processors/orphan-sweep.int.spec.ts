import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { firmwareStream, toEvent } from '@edgeflow/contracts';
import type { UploadAnswer } from '../http/upload.dto.js';
import { partsOf, startTestRegistry, type Tenant, type TestRegistry } from '../testing/registry.fixture.js';
import { slowPublisher } from '../testing/slow-publisher.fixture.js';
import { RegistryCore } from '../registry.core.js';

const HOUR_MS = 3_600_000;
let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(() => registry.stop());

async function* bytesOf(text: string) {
  yield Buffer.from(text);
}

const orphanKey = ({ org }: Tenant) => `firmware/${org}/9.9.9/${randomBytes(32).toString('hex')}.bin`;

/** What a registry leaves that is killed between the store and the log. */
async function orphanOf(tenant: Tenant): Promise<string> {
  const key = orphanKey(tenant);
  await registry.store.put(key, bytesOf('stored, and never announced'));
  return key;
}

/** What a registry leaves that is killed between the log and the store. */
async function deleted({ org }: Tenant, firmware_id: string, { sha256, key }: UploadAnswer): Promise<void> {
  const stream = firmwareStream(org, firmware_id);
  const about = { firmware_id, model: 'm1', version: '1.3.0', deletion_id: 'del_1', cause: 'operator' } as const;
  const fact = { type: 'FirmwareDeleted', data: { ...about, sha256, key, deleted_by: 'spec' } } as const;
  const event = toEvent(stream, fact, { id: `gone-${firmware_id}`, source: '/spec', time: new Date().toISOString() });
  await registry.log.append([event], { after: await registry.log.lastPosition(stream) });
}

let at_ms = 0;
const sweep = () => registry.service.app.get(RegistryCore).orphanSweep.run(new Date(Date.now() + at_ms));
const inMs = (ms: number) => (at_ms = ms);

describe('the sweep', () => {
  it('removes an image that no event names, when it is old enough', async () => {
    const tenant = registry.tenant();
    await orphanOf(tenant);
    inMs(HOUR_MS - 60_000);
    expect(await sweep()).toEqual({ images: 0, uploads: 0 });
    inMs(HOUR_MS + 60_000);
    expect(await sweep()).toEqual({ images: 1, uploads: 0 });
    expect((await tenant.stored()).objects).toEqual([]);
  });

  it('keeps what is released, and what is revoked: a device may go back to it', async () => {
    const tenant = registry.tenant();
    const { body } = await tenant.upload();
    const revoked = await tenant.upload({ version: '1.4.0' });
    await tenant.revoke(revoked.body.firmware_id);
    inMs(2 * HOUR_MS);
    expect(await sweep()).toEqual({ images: 0, uploads: 0 });
    expect((await tenant.stored()).objects).toEqual([body.key, revoked.body.key]);
  });

  it('removes the image of a firmware that was deleted, which a crash has left, however much there is that nothing names', async () => {
    const tenant = registry.tenant();
    const { body } = await tenant.upload({ models: ['m1', 'm2'] });
    const [first, second] = body.firmwares;
    await deleted(tenant, first!.firmware_id, body);
    inMs(2 * HOUR_MS);
    expect(await sweep()).toEqual({ images: 0, uploads: 0 });
    await deleted(tenant, second!.firmware_id, body);
    const unknown = await Promise.all(Array.from({ length: 101 }, () => orphanOf(tenant)));
    expect(await sweep()).toEqual({ images: 1, uploads: 0 });
    expect((await tenant.stored()).objects).not.toContain(body.key);
    await Promise.all(unknown.map((key) => registry.store.remove(key)));
  });

  it('keeps what the registry has not named', async () => {
    const tenant = registry.tenant();
    const key = `firmware/${tenant.org}/readme.txt`;
    await registry.store.put(key, bytesOf('somebody else put this here'));
    inMs(2 * HOUR_MS);
    expect(await sweep()).toEqual({ images: 0, uploads: 0 });
    expect((await tenant.stored()).objects).toEqual([key]);
  });

  it('leaves an upload alone that is under way, however long it takes', async () => {
    const tenant = registry.tenant();
    const publisher = await slowPublisher(tenant, partsOf({ bytes: randomBytes(12 * 1024 * 1024) }));
    await publisher.sendAllBut(1000);
    await vi.waitFor(async () => expect((await tenant.stored()).unfinished).toHaveLength(1), { timeout: 10_000 });
    inMs(2 * HOUR_MS);
    expect(await sweep()).toEqual({ images: 0, uploads: 0 });
    expect((await publisher.finish()).status).toBe(201);
  });

  it('ends an upload to the store whose registry has died', async () => {
    const tenant = registry.tenant();
    const killed = Promise.withResolvers<void>();
    async function* half() {
      yield randomBytes(12 * 1024 * 1024);
      await killed.promise;
    }
    const dying = registry.store.put(orphanKey(tenant), half());
    const gone = expect(dying).rejects.toThrow();
    await vi.waitFor(async () => expect((await tenant.stored()).unfinished).toHaveLength(1), { timeout: 10_000 });
    inMs(2 * HOUR_MS);
    expect(await sweep()).toEqual({ images: 0, uploads: 1 });
    expect((await tenant.stored()).unfinished).toEqual([]);
    killed.resolve();
    await gone;
  });

  it('removes nothing when there is more than crashes leave: the bucket may belong to another log', async () => {
    const tenant = registry.tenant();
    const keys = await Promise.all(Array.from({ length: 101 }, () => orphanOf(tenant)));
    inMs(2 * HOUR_MS);
    expect(await sweep()).toEqual({ images: 0, uploads: 0 });
    await Promise.all(keys.slice(0, 50).map((key) => registry.store.remove(key)));
    expect(await sweep()).toEqual({ images: 51, uploads: 0 });
  });

  it('removes nothing while the log may have lost what names it, nor does an upload that is refused then', async () => {
    const tenant = registry.tenant();
    const orphan = await orphanOf(tenant);
    const bytes = randomBytes(1000);
    const { body } = await tenant.upload({ bytes });
    inMs(2 * HOUR_MS);
    registry.log.halt('spec-fold', 'checkpoint-ahead');
    expect(await tenant.upload({ bytes, version: '1.5.0' })).toMatchObject({ body: { code: 'log-diverged' } });
    expect(await sweep()).toEqual({ images: 0, uploads: 0 });
    const { objects } = await tenant.stored();
    expect(objects).toHaveLength(3);
    expect(objects).toEqual(expect.arrayContaining([orphan, body.key]));
    registry.log.halt('spec-fold', undefined);
    expect(await sweep()).toEqual({ images: 2, uploads: 0 });
    expect((await tenant.stored()).objects).toEqual([body.key]);
  });
});
