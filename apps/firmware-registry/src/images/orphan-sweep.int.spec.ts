import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { partsOf, startTestRegistry, type Tenant, type TestRegistry } from '../registry.fixture.js';
import { slowPublisher } from '../slow-publisher.fixture.js';
import { OrphanSweep } from './orphan-sweep.js';

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

const sweep = () => registry.service.app.get(OrphanSweep).run();
const inMs = (ms: number) => (registry.now.at = () => new Date(Date.now() + ms));

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
});
