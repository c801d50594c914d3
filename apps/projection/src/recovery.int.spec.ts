import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { storyOf, uploaded } from './testing/device-story.fixture.js';
import { World } from './testing/running-projection.fixture.js';

const ORGS = ['acme', 'globex'] as const;
let world: World;

beforeAll(async () => {
  world = await World.open();
});

afterAll(() => world.close());

/** Some life in two organizations. @returns the position of its last event */
async function live(round: number): Promise<number> {
  let last = 0;
  for (const org of ORGS) {
    const stories = Array.from({ length: 40 }, (_, n) => storyOf(`dev_${round}_${n}`, org));
    const { tell } = world.writer;
    await tell(uploaded(`1.${round}.0`, 'm1', org), ...stories.map((story) => story.registered()));
    await tell(...stories.flatMap((story) => [story.connected(), story.runs('1.0.0'), story.queued(1, '1.1.0')]));
    await tell(...stories.flatMap((story) => [story.progress(1, 30), story.progress(1, 80, 'installing')]));
    last = await tell(
      ...stories.map((story, n) => (n % 3 ? story.completed(1, '1.1.0') : story.failed(1, '1.1.0'))),
      ...stories.map((story) => story.disconnected()),
    );
  }
  return last;
}

/** Waits until a projection has folded the position. */
async function reached(service: RunningService, position: number): Promise<void> {
  const { status } = await world.get(service, `/query/v1/devices?after=${position}`);
  expect(status).toBe(200);
}

describe('read models whose tables were dropped', () => {
  it('come back by replay, row for row', async () => {
    const database = await world.postgres.freshDatabase();
    const before = await world.start(database);
    const last = await live(1);
    await reached(before, last);
    const rows = await world.rows(database);
    expect(rows['device']).toHaveLength(80);
    await world.stop(before);
    await world.dropTables(database);
    const after = await world.start(database);
    await reached(after, last);
    expect(await world.rows(database)).toEqual(rows);
    await world.stop(after);
  });
});

describe('two replicas on one database', () => {
  it('end with the same rows as one alone, also when one of them goes', async () => {
    const shared = await world.postgres.freshDatabase();
    const [first, second] = await Promise.all([world.start(shared), world.start(shared)]);
    await live(2);
    await world.stop(first);
    const last = await live(3);
    await reached(second, last);
    await world.stop(second);
    const alone = await world.postgres.freshDatabase();
    const single = await world.start(alone);
    await reached(single, last);
    expect(await world.rows(shared)).toEqual(await world.rows(alone));
    await world.stop(single);
  });
});

describe('a projection whose Postgres goes away', () => {
  it('stays up and not ready, and goes on when it is back', async () => {
    const database = await world.postgres.freshDatabase();
    const service = await world.start(database);
    await reached(service, await live(4));
    await world.postgres.kill();
    const position = await live(5);
    const status = async (path: string) => (await fetch(`${service.url}${path}`)).status;
    await expect.poll(() => status('/readyz')).toBe(503);
    expect(await status('/livez')).toBe(200);
    const answer = await world.get(service, '/query/v1/devices');
    expect(answer).toMatchObject({ status: 503, body: { code: 'database-unavailable' } });
    await world.postgres.restart();
    const caughtUp = () => world.get(service, `/query/v1/devices?after=${position}`);
    await expect.poll(async () => (await caughtUp()).status, { timeout: 40_000 }).toBe(200);
    await expect.poll(() => status('/readyz')).toBe(200);
    await world.stop(service);
  });
});
