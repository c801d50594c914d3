import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RegistryCore } from './registry.core.js';
import { NOTHING, partsOf, startTestRegistry, type TestRegistry } from './testing/registry.fixture.js';
import { slowPublisher } from './testing/slow-publisher.fixture.js';

const image = randomBytes(12 * 1024 * 1024);

describe('a registry whose log goes away in the middle of an upload', () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startTestRegistry({ ORPHAN_AGE_S: '0' });
  });
  afterAll(() => registry.stop());

  it('says so, keeps the image, since it may be announced, and removes it when the log says that it is not', async () => {
    const tenant = registry.tenant();
    const publisher = await slowPublisher(tenant, partsOf({ bytes: image }));
    await publisher.sendAllBut(1000);
    await vi.waitFor(async () => expect((await tenant.stored()).unfinished).toHaveLength(1), { timeout: 10_000 });
    await registry.nats.kill();
    expect(await publisher.finish()).toMatchObject({ status: 503, body: { code: 'log-unavailable' } });
    expect((await tenant.stored()).objects).toHaveLength(1);
    await registry.nats.restart();
    await vi.waitFor(() => registry.log.ping(), { timeout: 20_000 });
    expect(await registry.service.app.get(RegistryCore).orphanSweep.run()).toEqual({ images: 1, uploads: 0 });
    expect(await tenant.stored()).toEqual(NOTHING);
    expect((await tenant.upload({ bytes: image })).status).toBe(201);
  });
});

describe('a registry whose log is full', () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startTestRegistry({ EVENT_LOG_MAX_BYTES: '20000' });
  });
  afterAll(() => registry.stop());

  it('says so, and leaves nothing', async () => {
    const tenant = registry.tenant();
    const models = Array.from({ length: 64 }, (_, n) => `m${n}`);
    expect(await tenant.upload({ models })).toMatchObject({ status: 503, body: { code: 'log-full' } });
    expect(await tenant.events()).toEqual([]);
    expect(await tenant.stored()).toEqual(NOTHING);
  });
});

describe('a registry whose object store is away', () => {
  it('says so, is not ready, and announces nothing', async () => {
    const registry = await startTestRegistry();
    const tenant = registry.tenant();
    await registry.s3.stop();
    expect(await tenant.upload()).toMatchObject({ status: 503, body: { code: 'storage-unavailable' } });
    expect(await tenant.events()).toEqual([]);
    const ready = await fetch(`${registry.service.url}/registry/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ error: { s3: { status: 'down' } } });
    await registry.stop();
  });
});
