import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  NOTHING,
  partsOf,
  sha256,
  startTestRegistry,
  type Tenant,
  type TestRegistry,
} from '../testing/registry.fixture.js';
import { slowPublisher } from '../testing/slow-publisher.fixture.js';

/** More than a part of a multipart upload (8 MiB): the store has seen something of it before it is over. */
const MUCH = 12 * 1024 * 1024;
const image = randomBytes(MUCH);

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(() => registry.stop());

/** An upload under way: the registry has checked the fields, and the store holds its first part. */
async function halfAnUpload(tenant: Tenant, bytes = image) {
  const publisher = await slowPublisher(tenant, partsOf({ bytes }));
  await publisher.sendAllBut(1000);
  const key = `firmware/${tenant.org}/1.3.0/${sha256(bytes)}.bin`;
  await vi.waitFor(async () => expect((await tenant.stored()).unfinished).toContain(key), { timeout: 10_000 });
  return publisher;
}

const nothingIsLeftOf = (tenant: Tenant) =>
  vi.waitFor(async () => expect(await tenant.stored()).toEqual(NOTHING), { timeout: 10_000 });

describe('a publisher who goes away in the middle of an upload', () => {
  it('leaves nothing', async () => {
    const tenant = registry.tenant();
    (await halfAnUpload(tenant)).vanish();
    await nothingIsLeftOf(tenant);
    expect(await tenant.events()).toEqual([]);
    expect((await tenant.upload({ bytes: image })).status).toBe(201);
  });
});

describe('an image of several parts', () => {
  it('leaves nothing when its hash is wrong', async () => {
    const tenant = registry.tenant();
    const { status } = await tenant.upload({ bytes: image, sha256: 'a'.repeat(64) });
    expect(status).toBe(422);
    expect(await tenant.stored()).toEqual(NOTHING);
  });

  it('leaves nothing when the form goes on after it', async () => {
    const tenant = registry.tenant();
    const { status } = await tenant.post([...partsOf({ bytes: image }), ['models', 'm2']]);
    expect(status).toBe(400);
    expect(await tenant.stored()).toEqual(NOTHING);
  });

  it('leaves nothing when it is larger than the limit', async () => {
    const tenant = registry.tenant();
    const { status } = await tenant.upload({ bytes: Buffer.alloc(24 * 1024 * 1024 + 1) });
    expect(status).toBe(413);
    expect(await tenant.stored()).toEqual(NOTHING);
  });
});

describe('a publisher who sends everything before he listens', () => {
  const large = Buffer.alloc(20 * 1024 * 1024);

  it.each([
    ['a wrong field', partsOf({ bytes: large, version: 'one' }), 400, 'version-invalid'],
    ['another extension', partsOf({ bytes: large, file_name: 'image.zip' }), 400, 'file-type-invalid'],
    ['more than the limit', partsOf({ bytes: Buffer.alloc(40 * 1024 * 1024) }), 413, 'upload-too-large'],
  ])('hears of %s', async (_what, parts, status, code) => {
    for (const connection of ['close', 'keep-alive'] as const) {
      const publisher = await slowPublisher(registry.tenant(), parts, connection);
      expect(await publisher.finish()).toMatchObject({ status, body: { code } });
    }
  });

  it('hears of a version that exists', async () => {
    const tenant = registry.tenant();
    await tenant.upload();
    const publisher = await slowPublisher(tenant, partsOf({ bytes: large }));
    expect(await publisher.finish()).toMatchObject({ status: 409, body: { code: 'version-exists' } });
  });
});

describe('two publishers at once', () => {
  it('of the same image: one is the first, the other hears that it is there', async () => {
    const tenant = registry.tenant();
    const slow = await halfAnUpload(tenant);
    const fast = await tenant.upload({ bytes: image });
    expect(fast.status).toBe(201);
    expect(await slow.finish()).toEqual({ status: 200, body: fast.body });
    expect(await tenant.events()).toHaveLength(1);
    expect(await tenant.stored()).toEqual({ objects: [fast.body.key], unfinished: [] });
  });

  it('of different images: the first wins, the image of the other is gone', async () => {
    const tenant = registry.tenant();
    const slow = await halfAnUpload(tenant);
    const fast = await tenant.upload();
    expect(fast.status).toBe(201);
    expect(await slow.finish()).toMatchObject({ status: 409, body: { code: 'version-exists' } });
    expect(await tenant.events()).toHaveLength(1);
    expect(await tenant.stored()).toEqual({ objects: [fast.body.key], unfinished: [] });
  });

  it('of the same image for models that overlap: the second adds what is missing', async () => {
    const tenant = registry.tenant();
    const slow = await halfAnUpload(tenant);
    await tenant.upload({ bytes: image, models: ['m1', 'm2'] });
    expect((await slow.finish()).status).toBe(200);
    expect((await tenant.uploads()).map(({ model }) => model)).toEqual(['m1', 'm2']);
  });

  it('of the same image, one of whom fails: the image of the other stays', async () => {
    const tenant = registry.tenant();
    const slow = await halfAnUpload(tenant);
    const { body } = await tenant.upload({ bytes: image });
    slow.vanish();
    await vi.waitFor(async () => expect((await tenant.stored()).unfinished).toEqual([]), { timeout: 10_000 });
    expect((await tenant.stored()).objects).toEqual([body.key]);
  });

  it('and many more, of two images: one is the first, and only its image is kept', async () => {
    const tenant = registry.tenant();
    const [left, right] = [randomBytes(1000), randomBytes(1000)];
    const answers = await Promise.all([left, right, left, right, left, right].map((bytes) => tenant.upload({ bytes })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 201, 409, 409, 409]);
    const winner = answers.find(({ status }) => status === 201);
    expect(await tenant.stored()).toEqual({ objects: [winner?.body.key], unfinished: [] });
    expect(await tenant.events()).toHaveLength(1);
  });
});
