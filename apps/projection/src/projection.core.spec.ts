import { beforeEach, describe, expect, it } from 'vitest';
import { DeviceRow } from './rows/device.row.js';
import { storyOf, uploaded } from './testing/device-story.fixture.js';
import { partition, virtualProjections } from './testing/virtual-projection.fixture.js';

let world: Awaited<ReturnType<typeof virtualProjections>>;
const until = <T>(coming: Promise<T>): Promise<T> => world.time.until(coming);

beforeEach(async () => {
  world = await virtualProjections();
});

/** A day of some devices. @returns the position of its last event */
async function live(round: number): Promise<number> {
  const stories = Array.from({ length: 5 }, (_, n) => storyOf(`dev_${round}_${n}`));
  await world.tell(uploaded(`1.${round}.0`), ...stories.map((story) => story.registered()));
  await world.tell(...stories.flatMap((story) => [story.connected(), story.runs('1.0.0'), story.queued(1, '1.1.0')]));
  return world.tell(...stories.map((story, n) => (n % 2 ? story.completed(1, '1.1.0') : story.failed(1, '1.1.0'))));
}

describe('a projection without its HTTP side', () => {
  it('has in its rows what is on the log, before it starts and after', async () => {
    const before = await live(1);
    const { core, database } = await world.start(world.rows(), 'one');
    await until(core.fold.waitFor(before, 10_000));
    await until(core.fold.waitFor(await live(2), 10_000));
    const [device] = await until(database.rows.get(DeviceRow, [{ org: 'acme', device_id: 'dev_2_1' }]));
    expect(device).toMatchObject({ ota_status: 'completed', target_version: '1.1.0', online: true });
    const { TimelineRow, FirmwareRow, AuditRow } = await world.all(database);
    expect([TimelineRow?.length, FirmwareRow?.length, (AuditRow?.length ?? 0) > 0]).toEqual([50, 2, true]);
    await until(core.stop());
  });

  it('is ready while its rows are, and not while they are out of reach', async () => {
    const { faults, cut, heal } = partition();
    const { core } = await world.start(world.rows(), 'one', faults);
    await until(core.fold.waitFor(await live(1), 10_000));
    const checks = () => until(Promise.allSettled(core.readiness.map((check) => check.check())));
    expect((await checks()).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    cut();
    expect((await checks()).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    heal();
    await until(core.stop());
  });
});

describe('two projections on one database', () => {
  it('are one that folds and one that stands by, which takes over when the other is cut off; neither writes anything twice', async () => {
    const server = world.rows();
    const { faults, cut, heal } = partition();
    const first = await world.start(server, 'first', faults);
    const second = await world.start(server, 'second');
    await until(second.core.fold.waitFor(await live(1), 10_000));
    expect([first.core.fold.leading(), second.core.fold.leading()]).toEqual([true, false]);
    cut();
    const last = await live(2);
    await world.time.become(() => second.core.fold.leading());
    await until(second.core.fold.waitFor(last, 10_000));
    heal();
    const later = await live(3);
    await until(first.core.fold.waitFor(later, 10_000));
    expect([first.core.fold.leading(), second.core.fold.leading()]).toEqual([false, true]);
    const fresh = await world.start(world.rows(), 'fresh');
    await until(fresh.core.fold.waitFor(later, 10_000));
    expect(await world.all(second.database)).toEqual(await world.all(fresh.database));
    await until(Promise.all([first, second, fresh].map(({ core }) => core.stop())));
  });

  it('go on as one where the other stops', async () => {
    const server = world.rows();
    const first = await world.start(server, 'first');
    const second = await world.start(server, 'second');
    await until(first.core.stop());
    await until(second.core.fold.waitFor(await live(1), 10_000));
    expect(second.core.fold.leading()).toBe(true);
    await until(second.core.stop());
  });
});
