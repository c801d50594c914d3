import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EventName, type StoredEvent } from '@edgeflow/contracts';
import { shiftClock } from '@edgeflow/testkit';
import { Fleet } from './testing/fleet.fixture.js';
import { World } from './testing/world.fixture.js';

let world: World;
let fleet: Fleet;
let setRight: () => void = () => undefined;

beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
beforeEach(() => void (setRight = () => undefined));
afterEach(async () => {
  fleet.stop();
  await world.end();
  setRight();
});

async function begin(): Promise<void> {
  await world.begin();
  fleet = new Fleet(world);
  await world.firmware('2.0.0');
}

const stream = (device_id: string): Promise<StoredEvent[]> =>
  world.log.read({ org: 'acme', entity: 'update', entity_id: device_id });
const update = (device_id: string, deadline_s: number) =>
  world.ask('POST', 'updates', { device_id, version: '2.0.0', deadline_s, when_offline: 'queue' });
const storedAt = ({ stored_at = '' }: StoredEvent): number => Date.parse(stored_at);

/** The first event of a name on a device's stream, once it is there; with what stands before it. */
async function until(device_id: string, type: EventName): Promise<{ event: StoredEvent; before: string[] }> {
  for (let looks = 0; looks < 600; looks++) {
    const events = await stream(device_id);
    const index = events.findIndex((event) => event.type === type);
    if (index >= 0) return { event: events[index]!, before: events.slice(0, index).map((event) => event.type) };
    await sleep(100);
  }
  throw new Error(
    `${device_id} has no ${type}: ${JSON.stringify((await stream(device_id)).map((event) => event.type))}`,
  );
}

describe.each([-25, 25])("an orchestrator whose machine's clock is %d s ahead", (ahead_s) => {
  beforeEach(async () => {
    setRight = shiftClock(ahead_s * 1000);
    await begin();
  });

  it('ends no update before its time, and each that has run out of it', async () => {
    await fleet.join(['good', 'silent']);
    fleet.behaviour = (device_id) => (device_id === 'good' ? 'installs-slowly' : 'is-silent');
    for (const device_id of ['good', 'silent']) expect(await update(device_id, 8)).toMatchObject({ status: 202 });
    const { before } = await until('good', 'UpdateCompleted');
    expect(before).toEqual(['UpdateDispatched']);
    const { event: failed } = await until('silent', 'UpdateFailed');
    const queued = (await stream('silent'))[0]!;
    expect(failed.data).toMatchObject({ code: 'deadline-exceeded' });
    expect(storedAt(failed) - storedAt(queued)).toBeGreaterThanOrEqual(7_500);
  });
});

describe('an update that has run out of time', () => {
  it.each([
    ['is told', true],
    ['waits for its device', false],
  ])('ends while it %s, and the log says why', async (_, online) => {
    await begin();
    await fleet.join(['late'], { online });
    fleet.behaviour = () => 'is-silent';
    await update('late', 3);
    const { event, before } = await until('late', 'UpdateFailed');
    expect(event.data).toMatchObject({ code: 'deadline-exceeded' });
    expect(before).toEqual([online ? 'UpdateDispatched' : 'UpdateQueued']);
  });

  it('has no message for its deadline beside its end', async () => {
    await begin();
    const { subjects, stop } = await world.eavesdrop();
    await fleet.join(['good', 'late']);
    fleet.behaviour = (device_id) => (device_id === 'good' ? 'installs' : 'is-silent');
    for (const device_id of ['good', 'late']) await update(device_id, 3);
    await until('good', 'UpdateCompleted');
    await until('late', 'UpdateFailed');
    // A look further than either deadline.
    await sleep(2_000);
    stop();
    const published = subjects().filter((subject) => !subject.startsWith('live.'));
    expect(published.filter((subject) => subject.includes('DeadlineReached'))).toEqual([]);
    expect(published.filter((subject) => /^(schedule|due)\./.test(subject))).toEqual([]);
  });

  it('ends though its orchestrator was away at the time', async () => {
    await begin();
    await fleet.join(['late']);
    fleet.behaviour = () => 'is-silent';
    await update('late', 3);
    await until('late', 'UpdateDispatched');
    await world.service.stop();
    const { event: dispatched } = await until('late', 'UpdateDispatched');
    while (world.log.clock.now().getTime() < storedAt(dispatched) + 4_000) await sleep(100);
    await world.start();
    expect((await until('late', 'UpdateFailed')).event.data).toMatchObject({ code: 'deadline-exceeded' });
  });
});

describe('a deadline that comes too early', () => {
  it('ends nothing', async () => {
    await begin();
    await fleet.join(['early']);
    fleet.behaviour = () => 'is-silent';
    const { body } = await update('early', 3_600);
    await until('early', 'UpdateDispatched');
    const data = { update_id: String(body['update_id']), number: 1, device_id: 'early' };
    await world.happen({ org: 'acme', entity: 'update', entity_id: 'early' }, { type: 'DeadlineReached', data });
    // What is asked for afterwards is decided after it.
    await fleet.join(['later']);
    fleet.behaviour = () => 'installs';
    await update('later', 3_600);
    await until('later', 'UpdateCompleted');
    expect((await stream('early')).map(({ type }) => type)).toEqual(['UpdateDispatched', 'DeadlineReached']);
  });
});
