import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { areRowsWhole, askForRebuild } from '@edgeflow/fold';
import type { RunningService } from '@edgeflow/service-host';
import { storyOf, uploaded } from './testing/device-story.fixture.js';
import { World, type Answer } from './testing/running-projection.fixture.js';

const DEVICES = 60;
let world: World;
let database: string;
let projection: RunningService;

beforeAll(async () => {
  world = await World.open();
  database = await world.postgres.freshDatabase();
  projection = await world.start(database);
});
afterAll(() => world.close());

const stories = Array.from({ length: DEVICES }, (_, n) => storyOf(`dev_${n}`));

/** The life of the fleet goes on, event by event, until it is told to stop. @returns the position of the last one */
async function load(isOver: () => boolean): Promise<number> {
  let last = 0;
  for (let n = 0; !isOver(); n++) {
    const story = stories[n % DEVICES]!;
    last = await world.writer.tell(n % 2 ? story.runs(`1.0.${n}`) : story.connected());
  }
  return last;
}

async function hashOf(url: string): Promise<string> {
  return createHash('sha256')
    .update(JSON.stringify(await world.rows(url)))
    .digest('hex');
}

describe('read models that are made anew while they are asked and the log grows', () => {
  it('answer whole lists all the time, go on with what is written, and are what a fold from the first event makes', async () => {
    const { tell } = world.writer;
    const last = await tell(uploaded('1.0.0', 'm1'), ...stories.map((story) => story.registered()));
    expect((await world.get(projection, `/query/v1/devices?after=${last}&limit=1`)).status).toBe(200);
    let isOver = false;
    const writing = load(() => isOver);
    await askForRebuild({ url: database }, 'projection');
    const answers: Answer[] = [];
    let position = last;
    do {
      const asked = ['devices?limit=500', 'devices/dev_7', 'firmware', 'devices/dev_59/events?limit=1'].map((path) =>
        world.get(projection, `/query/v1/${path}`),
      );
      const [list, ...others] = await Promise.all(asked);
      answers.push(list!, ...others);
      expect(list?.body.items).toHaveLength(DEVICES);
      expect(list?.body.position).toBeGreaterThanOrEqual(position);
      position = list?.body.position ?? 0;
    } while (!(await areRowsWhole({ url: database }, 'projection')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    isOver = true;
    const end = await writing;
    expect((await world.get(projection, `/query/v1/devices?after=${end}&limit=1`)).status).toBe(200);

    const fresh = await world.postgres.freshDatabase();
    const another = await world.start(fresh);
    expect((await world.get(another, `/query/v1/devices?after=${end}&limit=1`)).status).toBe(200);
    expect(await hashOf(database)).toBe(await hashOf(fresh));
  });
});
