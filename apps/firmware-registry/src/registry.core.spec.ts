import { newSigningKey, signManifest } from '@edgeflow/identity';
import { noStoreFaults } from '@edgeflow/object-store/memory';
import { VirtualTime } from '@edgeflow/simulation';
import { beforeEach, describe, expect, it } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import type { RegistryCore } from './registry.core.js';
import {
  ORG,
  always,
  sha256,
  unsigned,
  upload,
  virtualRegistries,
  type VirtualRegistries,
} from './testing/virtual-registry.fixture.js';

const HOUR_MS = 3_600_000;
const image = Buffer.from('an image');
const KEY = `firmware/${ORG}/1.0.0/${sha256(image)}.bin`;

let world: VirtualRegistries;
let core: RegistryCore;
const until = <T>(coming: Promise<T>): Promise<T> => world.time.until(coming);
const types = async (): Promise<string[]> => (await world.events()).map(({ type }) => type);

beforeEach(async () => {
  world = await virtualRegistries();
  core = await world.open();
  await until(unsigned(core));
});

describe('an upload', () => {
  it('is in the store and on the log, for each model', async () => {
    const { created, answer } = await until(upload(core, { models: ['m1', 'm2'] }));
    expect(created).toBe(true);
    expect(await world.stored()).toEqual({ [KEY]: 'an image' });
    expect(await world.events()).toMatchObject([
      { type: 'FirmwareUploaded', data: { model: 'm1', key: KEY, size: 8, uploaded_by: 'ada' } },
      { type: 'FirmwareUploaded', data: { model: 'm2', key: KEY }, position: answer.position },
    ]);
  });

  it('of the same bytes again changes nothing', async () => {
    const first = await until(upload(core));
    const second = await until(upload(core));
    expect(second).toEqual({ ...first, created: false });
    expect(await types()).toEqual(['FirmwareUploaded']);
  });

  it('of other bytes as the same version is refused', async () => {
    await until(upload(core));
    const other = Buffer.from('another image');
    await expect(until(upload(core, { bytes: other }))).rejects.toMatchObject({ code: 'version-exists' });
    expect(await world.stored()).toEqual({ [KEY]: 'an image' });
  });

  it.each([
    ['another hash', { sha256: 'a'.repeat(64) }, 'checksum-mismatch'],
    ['more than the limit', { bytes: Buffer.alloc(10_001) }, 'upload-too-large'],
    ['a version that is none', { version: 'new' }, 'version-invalid'],
  ])('with %s leaves nothing behind', async (_, said, code) => {
    await expect(until(upload(core, said))).rejects.toMatchObject({ code });
    expect([await types(), await world.stored()]).toEqual([[], {}]);
  });

  it('is verified against the keys of its organization, which wants it signed', async () => {
    const policy = { signature: 'required', rollback: 'allowed', changed_by: 'ada' } as const;
    await until(core.trusted.change(ORG, { type: 'ChangePolicy', policy }));
    await expect(until(upload(core))).rejects.toMatchObject({ code: 'signature-required' });
    const { kid, public_key, jwk } = await newSigningKey('k1');
    await until(core.trusted.register(ORG, { kid, public_key, registered_by: 'ada' }));
    const says = { org: ORG, models: ['m1'], version: '1.0.0', sha256: sha256(image), size: 8, release_counter: 3 };
    const manifest = await signManifest({ ...says, expires_at: '2026-06-01T00:00:00Z' }, jwk, kid);
    const { answer } = await until(upload(core, { manifest }));
    expect(answer).toMatchObject({ signed_by: 'k1', release_counter: 3 });
    const wrong = { manifest, version: '1.1.0' };
    await expect(until(upload(core, wrong))).rejects.toMatchObject({ code: 'manifest-mismatch' });
  });
});

describe('a store', () => {
  it.each([
    ['is away', always('unavailable')],
    ['is full', always('full')],
    ['keeps other bytes than it was given', always('altered', 'put')],
    ['hands out other bytes than it keeps', always('altered', 'get')],
    ['has lost what it was given', always('missing', 'head')],
  ])('that %s has nothing announced that is not there', async (_, arrives) => {
    world.faults.store.arrives = arrives;
    await expect(until(upload(core))).rejects.toMatchObject({ code: 'storage-unavailable' });
    expect(await types()).toEqual([]);
    world.faults.store = { ...noStoreFaults };
    expect(await until(upload(core))).toMatchObject({ created: true });
    expect(await world.stored()).toEqual({ [KEY]: 'an image' });
  });

  it('that is away makes the registry not ready', async () => {
    const [s3] = core.readiness;
    await until(s3!.check());
    world.faults.store.arrives = always('unavailable');
    await expect(until(s3!.check())).rejects.toMatchObject({ code: 'storage-unavailable' });
  });
});

describe('an upload that the log did not answer', () => {
  beforeEach(async () => {
    world.faults.refuses = (what) => (what.includes('.firmware.') ? 'no-responders' : undefined);
    await expect(until(upload(core))).rejects.toMatchObject({ code: 'log-unavailable' });
    world.faults.refuses = () => undefined;
  });

  it('keeps its image until it is known that nobody has announced it', async () => {
    core.start();
    await world.time.pass(HOUR_MS - 1_000);
    expect(Object.keys(await world.stored())).toEqual([KEY]);
    await world.time.pass(HOUR_MS + 1_000);
    expect(await world.stored()).toEqual({});
    await until(core.stop());
  });

  it('leaves it when the registry has stopped', async () => {
    core.start();
    await until(core.stop());
    await world.time.pass(3 * HOUR_MS);
    expect(Object.keys(await world.stored())).toEqual([KEY]);
  });
});

describe('a firmware', () => {
  it('is revoked with all models of its image', async () => {
    const { answer } = await until(upload(core, { models: ['m1', 'm2'] }));
    await until(core.catalog.revoke(ORG, answer.firmware_id, { revoked_by: 'ada', reason: 'bricks' }));
    expect(await types()).toEqual([...Array(2).fill('FirmwareUploaded'), ...Array(2).fill('FirmwareRevoked')]);
    await expect(until(upload(core))).rejects.toMatchObject({ code: 'firmware-revoked' });
    const again = await until(core.catalog.revoke(ORG, answer.firmware_id, { revoked_by: 'bob' }));
    expect(again.changed).toBe(false);
  });

  it('is deleted once it is known that nobody needs it, however late that comes', async () => {
    const { answer } = await until(upload(core));
    core.start();
    const begun = world.time.now_ms;
    const wish = { cause: 'operator', requested_by: 'ada' } as const;
    expect(await until(core.deletions.request(ORG, answer.firmware_id, wish))).toMatchObject({ status: 'requested' });
    expect(world.time.now_ms - begun).toBeGreaterThanOrEqual(10_000);
    const asked = (await world.events()).find(({ type }) => type === 'FirmwareDeletionProposed');
    const nobody = { running: 0, may_go_back: 0, updates: 0, rollouts: 0 };
    await world.answer(asked as StoredEvent<'FirmwareDeletionProposed'>, nobody);
    await world.time.pass(20_000);
    expect(await types()).toContain('FirmwareDeleted');
    expect(await world.stored()).toEqual({});
    await until(core.stop());
  });

  it('that is no longer wanted is asked about when newer ones are there', async () => {
    await until(core.trusted.change(ORG, { type: 'ChangeRetention', retention: { keep_last: 1, changed_by: 'ada' } }));
    await until(upload(core));
    await until(upload(core, { version: '1.1.0' }));
    await world.time.pass(1_000);
    const proposed = (await world.events()).filter(({ type }) => type === 'FirmwareDeletionProposed');
    expect(proposed).toMatchObject([{ data: { version: '1.0.0', cause: 'retention' } }]);
    await until(core.stop());
  });
});

describe('several registries in one process', () => {
  it('are replicas where they share a log and a store: of two uploads at once one makes the firmware', async () => {
    const other = await world.open('replica');
    const both = await until(Promise.all([upload(core), upload(other)]));
    expect(both.map(({ created }) => created).toSorted()).toEqual([false, true]);
    expect(await types()).toEqual(['FirmwareUploaded']);
  });

  it('of different worlds know nothing of each other, and one world is the same each time', async () => {
    const alone = await story(await virtualRegistries());
    const time = new VirtualTime();
    const [one, other] = [await virtualRegistries(time), await virtualRegistries(time)];
    const [busy, quiet] = [await one.open(), await other.open()];
    await time.until(Promise.all([unsigned(busy), unsigned(quiet)]));
    // The one is in the middle of an upload of the same key all the time, and may say what it likes of the other's.
    one.faults.store.arrives = ({ what }) =>
      what === 'put' ? new Promise(() => undefined) : Promise.resolve(undefined);
    void upload(busy);
    await time.pass(0);
    await time.until(upload(quiet));
    expect((await other.events()).map(textOf)).toEqual(alone);
    expect(await one.events()).toEqual([]);
  });
});

const textOf = ({ type, id, position, data }: StoredEvent): string => JSON.stringify({ type, id, position, data });

async function story(of: VirtualRegistries): Promise<string[]> {
  const registry = await of.open();
  await of.time.until(unsigned(registry));
  await of.time.until(upload(registry));
  return (await of.events()).map(textOf);
}
