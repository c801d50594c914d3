import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { streamSubject, type StoredEvent } from '@edgeflow/contracts';
import { openDatabase } from '@edgeflow/fold';
import { isMemberEvent, rolloutOf } from '@edgeflow/rollout';
import { evolve, isDeviceEvent } from '../processors/device.evolve.js';
import type { DeviceRecord } from '../rows/device.record.js';
import { ENTITIES, projectionFold } from '../processors/projection.fold.js';
import { storyOf } from '../testing/device-story.fixture.js';
import { inRollout, rolloutStory } from '../testing/rollout-story.fixture.js';
import { World } from '../testing/running-projection.fixture.js';
import { deviceStreams, rolloutStreams } from './record-streams.js';

let world: World;
let database: DataSource;
let all: StoredEvent[];

const one = rolloutStory('req_one');
const other = rolloutStory('req_other');
const devices = ['s_1', 's_2', 's_3'].map((id) => storyOf(id));

beforeAll(async () => {
  world = await World.open();
  const url = await world.postgres.freshDatabase();
  const service = await world.start(url);
  const { tell } = world.writer;
  for (const device of devices) await tell(device.registered(), device.connected(), device.runs('1.0.0'));
  await tell(one.requested(), one.accepted([2]), one.planned([{ device_id: 's_1' }, { device_id: 's_2' }]));
  await tell(other.requested(), other.accepted([1]), other.planned([{ device_id: 's_3' }]));
  const [first, , third] = devices as [(typeof devices)[0], (typeof devices)[0], (typeof devices)[0]];
  const pause = one.actionRequested('req_pause', 'RolloutPauseRequested');
  await tell(one.started(), one.waveStarted(0, 2), pause, one.paused(pause));
  await tell(inRollout({ rollout_id: one.rollout_id, wave: 0 }, first.queued(1, '1.1.0')));
  const last = await tell(
    inRollout({ rollout_id: other.rollout_id, wave: 0 }, third.queued(1, '1.1.0')),
    first.deadline(1),
  );
  await world.get(service, `/query/v1/rollouts?after=${last}`);
  database = await openDatabase(url, { schema: 'projection', version: projectionFold.version, entities: ENTITIES });
  all = await Array.fromAsync(world.writer.log.scan(['ota.acme.>']));
});
afterAll(async () => {
  await database.destroy();
  await world.close();
});

it('of a rollout are those of all its events, and of its devices', async () => {
  const streams = (await rolloutStreams(database.manager, 'acme', one.rollout_id)).map(streamSubject);
  expect(streams).toEqual([
    `ota.acme.rollout.${one.rollout_id}.>`,
    ...['req_one', 'req_pause'].map((id) => `ota.acme.request.${id}.>`),
    ...['s_1', 's_2'].map((id) => `ota.acme.update.${id}.>`),
  ]);
  const about = (event: StoredEvent): boolean =>
    rolloutOf(event) === one.rollout_id || (isMemberEvent(event) && event.data.rollout_id === one.rollout_id);
  const own = all.filter(about);
  expect(own.length).toBeGreaterThan(7);
  for (const event of own) expect(streams).toContain(streamSubject(event));
});

it('of a device make the same record as the whole log', () => {
  const streams = deviceStreams('acme', 's_1').map(streamSubject);
  const make = (events: readonly StoredEvent[]) =>
    events.filter(isDeviceEvent).reduce<DeviceRecord | undefined>(evolve, undefined);
  const read = all.filter((event) => streams.includes(streamSubject(event)));
  const aboutIt = all.filter(
    (event) => streams.includes(streamSubject(event)) || ('device_id' in event.data && event.data.device_id === 's_1'),
  );
  expect(make(read)).toMatchObject({ device_id: 's_1', target_version: '1.1.0' });
  expect(make(read)).toEqual(make(aboutIt));
});
