import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { storyOf } from './testing/device-story.fixture.js';
import { World, type Answer } from './testing/running-projection.fixture.js';

let world: World;
let database: string;
let projection: RunningService;

beforeAll(async () => {
  world = await World.open();
  database = await world.postgres.freshDatabase();
  projection = await world.start(database);
});
afterAll(() => world.close());

const get = (path: string): Promise<Answer> => world.get(projection, `/query/v1/${path}`);
const ids = ({ body }: Answer): unknown[] => body.items.map(({ device_id }) => device_id);
const gone = storyOf('life_gone');
const back = storyOf('life_back');
const moved = storyOf('life_moved');

describe('a device that was taken out of service', () => {
  it('is in no list, and its events can still be read', async () => {
    const { tell } = world.writer;
    for (const device of [gone, back, moved]) await tell(device.registered(), device.connected(), device.runs('1.0.0'));
    await tell(gone.queued(1, '1.1.0'), gone.dispatched(1, '1.1.0'));
    const removed = await tell(gone.removed());
    expect(ids(await get(`devices?after=${removed}`))).toEqual(['life_back', 'life_moved']);
    expect(await get('devices/life_gone')).toMatchObject({ status: 404, body: { code: 'device-unknown' } });
    const late = await tell(gone.cancelled(1, '1.1.0'));
    await tell(gone.disconnected());
    expect(await get(`devices/life_gone?after=${late}`)).toMatchObject({ status: 404 });
    const events = await get('devices/life_gone/events');
    expect(events.body.items.map(({ type }) => type)).toContain('DeviceRemoved');
    expect((await get('devices/life_gone/why')).status).toBe(200);
  });

  it('leaves nothing to the one that has its id then, in one batch with it or in another', async () => {
    const { tell } = world.writer;
    await tell(back.queued(1, '1.1.0'), back.dispatched(1, '1.1.0'));
    await tell(back.removed());
    const registered = back.registered({ model: 'm2', fleet: 'south', tags: [] });
    const position = await tell(registered);
    const { body } = await get(`devices/life_back?after=${position}`);
    expect(body).toMatchObject({
      ...{ model: 'm2', fleet: 'south', tags: [], current_version: null, previous_version: null, online: false },
      ...{ ota_status: 'idle', update_id: null, update_number: null, registered_at: registered.time, boot_id: null },
    });
    const why = await get('devices/life_back/why');
    expect(JSON.stringify(why.body)).not.toContain('1.1.0');
    const again = await tell(back.removed(), back.registered());
    expect((await get(`devices/life_back?after=${again}`)).body).toMatchObject({ model: 'm1', fleet: 'north' });
  });
});

describe('why a new board under a freed id is where it is', () => {
  it('says nothing of the board before, also where its update ends late', async () => {
    const { tell } = world.writer;
    const next = storyOf('life_next');
    await tell(next.registered(), next.connected(), next.queued(1, '1.1.0'), next.dispatched(1, '1.1.0'));
    await tell(next.removed());
    await tell(next.cancelled(1, '1.1.0', 'device-removed'));
    const typesOf = async (after: number) => {
      const { body } = await get(`devices/life_next/why?after=${after}`);
      return body.items.map(({ type }) => type);
    };
    expect(await typesOf(await tell(next.registered()))).toEqual(['DeviceRegistered']);
    const late = await tell(next.cancelled(1, '1.1.0', 'device-removed'));
    expect(await typesOf(late)).toEqual(['DeviceRegistered']);
  });
});

describe('a device whose update was taken back', () => {
  it('says why it runs the version all the same', async () => {
    const { tell } = world.writer;
    const late = storyOf('life_late');
    await tell(late.registered(), late.connected(), late.runs('1.0.0', 'boot_1'));
    await tell(late.queued(1, '1.1.0'), late.dispatched(1, '1.1.0'), late.cancelled(1, '1.1.0'));
    const types = async (after: number) =>
      (await get(`devices/life_late/why?after=${after}`)).body.items.map(({ type }) => type);
    const back = await tell(late.runs('1.0.0', 'boot_2'));
    expect((await types(back))[0]).toBe('UpdateCancelled');
    const up = await tell(late.runs('1.1.0', 'boot_3'));
    expect((await types(up)).slice(0, 2)).toEqual(['DeviceVersionReported', 'UpdateCancelled']);
  });
});

describe('a device that is changed, and one that is let in again', () => {
  it('is what it is now, in its record and in the audit trail', async () => {
    const { tell } = world.writer;
    await tell(moved.changed({ fleet: 'south', tags: ['x'], reason: 'plant closed' }));
    await tell(moved.revoked());
    const position = await tell(moved.reinstated());
    expect((await get(`devices/life_moved?after=${position}`)).body).toMatchObject({
      ...{ fleet: 'south', tags: ['x'], revoked: false, current_version: '1.0.0' },
    });
    const tagged = async (tag: string) =>
      (await get(`devices?tag=${tag}`)).body.items.map(({ device_id }) => device_id);
    expect(await tagged('x')).toEqual(['life_moved']);
    expect(await tagged('lab')).not.toContain('life_moved');
    const { body } = await world.get(projection, `/query/v1/audit?after=${position}`, 'acme', 'auditor');
    const lines = body.items.filter(({ resource }) => String(resource).endsWith('device.life_moved'));
    expect(lines).toMatchObject([
      ...[{ event_type: 'DeviceReinstated' }, { event_type: 'DeviceRevoked' }],
      ...[{ event_type: 'DeviceChanged', actor: 'spec', reason: 'plant closed' }, { event_type: 'DeviceRegistered' }],
    ]);
  });

  it('is as it was before an update that was withdrawn, whatever of that was read at once', async () => {
    const { tell } = world.writer;
    await tell(moved.queued(1, '1.1.0'), moved.dispatched(1, '1.1.0'), moved.failed(1, '1.1.0'));
    const { body: before } = await get(`devices/life_moved?after=${await tell(moved.connected())}`);
    expect(before).toMatchObject({ ota_status: 'failed', target_version: '1.1.0' });
    await tell(moved.queued(2, '1.2.0'));
    await tell(moved.dispatched(2, '1.2.0'), moved.progress(2, 40));
    const cancelled = moved.cancelled(2, '1.2.0');
    const { body } = await get(`devices/life_moved?after=${await tell(cancelled)}`);
    const moves = { last_update_at: cancelled.time, last_seen_at: body['last_seen_at'], position: body['position'] };
    expect(body).toEqual({ ...before, ...moves });
  });

  it('is so after a replay, too', async () => {
    const before = (await get('devices')).body.items;
    await world.stop(projection);
    await world.dropTables(database);
    projection = await world.start(database);
    const position = (await world.writer.log.state()).last;
    expect((await get(`devices?after=${position}`)).body.items).toEqual(before);
  });
});
