import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { revoked, storyOf, uploaded } from './testing/device-story.fixture.js';
import { World, type Answer } from './testing/running-projection.fixture.js';

let world: World;
let projection: RunningService;

beforeAll(async () => {
  world = await World.open();
  projection = await world.start(await world.postgres.freshDatabase());
});

afterAll(() => world.close());

const get = (path: string, org?: string): Promise<Answer> => world.get(projection, path, org);
const ids = ({ body }: Answer): unknown[] => body.items.map(({ device_id }) => device_id);

describe('a device that is updated', () => {
  const device = storyOf('main_1');

  it('has a record that follows it to the end', async () => {
    const { tell } = world.writer;
    await tell(device.registered(), device.connected(), device.runs('1.0.0'));
    await tell(device.requested(1, '1.1.0'));
    const dispatched = device.dispatched(1, '1.1.0');
    const open = await tell(device.queued(1, '1.1.0'), dispatched);
    expect((await get(`/query/v1/devices/main_1?after=${open}`)).body).toMatchObject({
      ...{ current_version: '1.0.0', target_version: '1.1.0', ota_status: 'updating', progress: 0 },
      last_update_at: dispatched.time,
    });
    await tell(device.progress(1, 55), device.runs('1.1.0', 'boot_2'));
    const completed = device.completed(1, '1.1.0');
    const done = await tell(completed);
    const { status, body } = await get(`/query/v1/devices/main_1?after=${done}`);
    expect(status).toBe(200);
    expect(Object.entries(body).slice(0, 6)).toEqual([
      ['device_id', 'main_1'],
      ['current_version', '1.1.0'],
      ['target_version', '1.1.0'],
      ['ota_status', 'completed'],
      ['progress', 100],
      ['last_update_at', completed.time],
    ]);
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['session_id']));
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['org']));
    expect(body).toMatchObject({ model: 'm1', fleet: 'north', tags: ['lab'], online: true, previous_version: '1.0.0' });
    expect(body.position).toBeGreaterThanOrEqual(done);
  });

  it('has a timeline, in order, page by page and back', async () => {
    const first = await get('/query/v1/devices/main_1/events?limit=5');
    const second = await get(`/query/v1/devices/main_1/events?limit=5&cursor=${first.body.next_cursor}`);
    const all = [...first.body.items, ...second.body.items];
    expect(all.map(({ type }) => type)).toEqual([
      ...['DeviceRegistered', 'DeviceConnected', 'DeviceVersionReported', 'UpdateRequested', 'UpdateQueued'],
      ...['UpdateDispatched', 'DeviceProgressReported', 'DeviceVersionReported', 'UpdateCompleted'],
    ]);
    expect(second.body.next_cursor).toBeNull();
    expect(Object.keys(all[0]!)).toEqual(
      ['position', 'id', 'type', 'time', 'data', 'source', 'correlation_id', 'causation_id'], // prettier-ignore
    );
    const backwards = await get('/query/v1/devices/main_1/events?order=desc&limit=9');
    expect(backwards.body.items).toEqual(all.toReversed());
    const reports = await get('/query/v1/devices/main_1/events?type=DeviceVersionReported');
    expect(reports.body.items.map(({ data }) => data)).toMatchObject([{ version: '1.0.0' }, { version: '1.1.0' }]);
  });

  it('has failed with a reason, and keeps what devices say that Postgres cannot store', async () => {
    const { tell } = world.writer;
    const failing = storyOf('main_2');
    await tell(failing.registered(), failing.runs('1.0.0'));
    await tell(failing.queued(1, '1.1.0'), failing.reported(1, 'device', 'bad\0 \ud83d byte'));
    const position = await tell(failing.failed(1, '1.1.0'));
    const { body } = await get(`/query/v1/devices/main_2?after=${position}`);
    expect(body).toMatchObject({
      ota_status: 'failed',
      failure: { code: 'checksum-mismatch' },
      current_version: '1.0.0',
    });
    const { body: events } = await get('/query/v1/devices/main_2/events?type=DeviceUpdateReported');
    expect(events.items).toMatchObject([{ data: { message: 'bad\ufffd \ufffd byte' } }]);
  });

  it('stays online when an older tunnel says goodbye late', async () => {
    const { tell } = world.writer;
    const moved = storyOf('main_3');
    await tell(moved.registered(), moved.connected('ses_1'), moved.connected('ses_2'));
    const late = await tell(moved.disconnected('ses_1'));
    expect((await get(`/query/v1/devices/main_3?after=${late}`)).body).toMatchObject({ online: true });
    const gone = await tell(moved.disconnected('ses_2'));
    expect((await get(`/query/v1/devices/main_3?after=${gone}`)).body).toMatchObject({ online: false });
  });
});

describe('a device that was never registered', () => {
  it('is unknown, but its timeline says what was asked of it', async () => {
    const ghost = storyOf('ghost');
    const position = await world.writer.tell(ghost.requested(1, '1.1.0'), ghost.rejected(1, '1.1.0'));
    const record = await get(`/query/v1/devices/ghost?after=${position}`);
    expect(record).toMatchObject({ status: 404, body: { code: 'device-unknown' } });
    const timeline = await get('/query/v1/devices/ghost/events');
    expect(timeline.body.items.map(({ type }) => type)).toEqual(['UpdateRequested', 'UpdateRejected']);
  });

  it.each(['nobody', 'no%2Fbody', 'a.b', 'x'.repeat(65)])('is unknown as %s', async (id) => {
    for (const path of [`/query/v1/devices/${id}`, `/query/v1/devices/${id}/events`]) {
      expect(await get(path)).toMatchObject({ status: 404, body: { code: 'device-unknown' } });
    }
  });
});

describe('the list of devices', () => {
  const list = (query: string) => get(`/query/v1/devices?${query}`, 'filters');

  beforeAll(async () => {
    const [one, two, three] = ['dev_1', 'dev_2', 'dev_3'].map((id) => storyOf(id, 'filters'));
    const { tell } = world.writer;
    await tell(
      one!.registered({ model: 'm1', fleet: 'north', tags: ['lab', 'eu'] }),
      one!.connected(),
      one!.runs('1.0.0'),
    );
    await tell(two!.registered({ model: 'm1', fleet: 'south', tags: ['eu'] }), two!.runs('1.1.0'));
    await tell(three!.registered({ model: 'm2', fleet: 'south', tags: [] }), three!.queued(1, '1.1.0'));
    const four = storyOf('dev_4', 'filters');
    await tell(four.registered({ model: 'm2', fleet: 'east', tags: [] }), four.runs('factory-2019-07 (Grüße)'));
    const five = storyOf('dev_5', 'filters');
    await tell(
      ...[five.registered({ model: 'm3', fleet: 'west', tags: [] }), five.runs('1.0.0')],
      ...[five.queued(1, '1.1.0'), five.dispatched(1, '1.1.0'), five.failed(1, '1.1.0', 'install-failed')],
      ...[five.queued(2, '1.1.0'), five.dispatched(2, '1.1.0'), five.runs('1.1.0'), five.completed(2, '1.1.0')],
      ...[five.runs('1.0.0'), five.reverted(2, '1.1.0', '1.0.0')],
    );
    await list(`after=${await tell(storyOf('dev_4', 'elsewhere').registered())}`);
  });

  it.each([
    ['', ['dev_1', 'dev_2', 'dev_3', 'dev_4', 'dev_5']],
    ['model=m1', ['dev_1', 'dev_2']],
    ['fleet=south', ['dev_2', 'dev_3']],
    ['tag=eu', ['dev_1', 'dev_2']],
    ['tag=lab', ['dev_1']],
    ['ota_status=updating', ['dev_3']],
    ['online=true', ['dev_1']],
    ['online=false', ['dev_2', 'dev_3', 'dev_4', 'dev_5']],
    ['drifted=true', ['dev_5']],
    ['drifted=false', ['dev_1', 'dev_2', 'dev_3', 'dev_4']],
    ['version=1.1.0', ['dev_2']],
    [`version=${encodeURIComponent('factory-2019-07 (Grüße)')}`, ['dev_4']],
    ['version=v1', []],
    ['target_version=1.1.0', ['dev_3', 'dev_5']],
    ['fleet=south&model=m1&tag=eu', ['dev_2']],
    ['fleet=nowhere', []],
  ])('filtered by "%s" is %j', async (query, expected) => {
    expect(ids(await list(query))).toEqual(expected);
  });

  it('shows a device that did not keep its version, and how often it was told it', async () => {
    const { body } = await get('/query/v1/devices/dev_5', 'filters');
    expect(body).toMatchObject({
      ...{ ota_status: 'failed', failure: { code: 'reverted' }, drifted: true, confirmed: true },
      ...{ current_version: '1.0.0', target_version: '1.1.0', attempts_on_version: 2 },
    });
    expect(body).not.toHaveProperty('attempts');
  });

  it('shows the same record as the device itself', async () => {
    const { position: _, ...record } = (await get('/query/v1/devices/dev_1', 'filters')).body;
    expect((await list('limit=1')).body.items).toEqual([record]);
  });

  it.each([
    ...[
      'limit=0',
      'limit=501',
      'limit=abc',
      'limit=',
      'cursor=%2A',
      'cursor=',
      'ota_status=broken',
      'online=yes',
      'drifted=yes',
    ],
    ...[
      'version=',
      `version=${'x'.repeat(129)}`,
      'version=a%0Ab',
      'version=%00',
      'target_version=v1',
      'model=a%20b',
      'model=a&model=b',
      'after=-1',
      'after=abc',
      'after=1.5',
      'after=',
      'after=1e3',
    ],
    ...['after=99999999999999999999', 'tag=%00'],
  ])('refuses %s', async (query) => {
    expect(await list(query)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
  });
});

describe('a list of 1,000 devices', () => {
  const stories = Array.from({ length: 1_000 }, (_, n) => storyOf(`page-${String(n).padStart(4, '0')}`, 'pages'));

  it('shows each device once, however much changes between the pages', async () => {
    const { tell } = world.writer;
    let position = await tell(...stories.map((story) => story.registered()));
    const seen: unknown[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor ? `&cursor=${cursor}` : '';
      const page: Answer = await get(`/query/v1/devices?limit=70&after=${position}${next}`, 'pages');
      seen.push(...ids(page));
      cursor = page.body.next_cursor;
      // Devices on both sides of the cursor change, and new ones come in on both sides of it.
      const changes = stories.filter((_, n) => n % 9 === seen.length % 9).map((story) => story.connected());
      const newcomers = [`page-${seen.length}-new`, `a-${seen.length}`].map((id) => storyOf(id, 'pages').registered());
      position = await tell(...changes, ...newcomers);
    } while (cursor);
    const original = seen.filter((id) => /^page-\d{4}$/.test(String(id)));
    expect(original).toEqual(stories.map((_, n) => `page-${String(n).padStart(4, '0')}`));
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('the list of firmware', () => {
  const list = (query: string) => get(`/query/v1/firmware?${query}`, 'images');
  const versions = ({ body }: Answer): unknown[] => body.items.map(({ model, version }) => `${model} ${version}`);

  beforeAll(async () => {
    const old = uploaded('1.0.0', 'm1', 'images');
    const both = [uploaded('1.1.0', 'm1', 'images'), { ...uploaded('1.1.0', 'm2', 'images') }] as const;
    // One upload for two models is one time.
    const position = await world.writer.tell(old, both[0], { ...both[1], time: both[0].time }, revoked(old));
    await list(`after=${position}`);
  });

  it.each([
    ['', ['m2 1.1.0', 'm1 1.1.0', 'm1 1.0.0']],
    ['model=m1', ['m1 1.1.0', 'm1 1.0.0']],
    ['version=1.1.0', ['m2 1.1.0', 'm1 1.1.0']],
    ['revoked=true', ['m1 1.0.0']],
    ['revoked=false', ['m2 1.1.0', 'm1 1.1.0']],
  ])('filtered by "%s" is %j', async (query, expected) => {
    expect(versions(await list(query))).toEqual(expected);
  });

  it('is read page by page', async () => {
    const pages: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Answer = await list(`limit=1${cursor && `&cursor=${cursor}`}`);
      pages.push(...versions(page));
      cursor = page.body.next_cursor;
    }
    expect(pages).toEqual(['m2 1.1.0', 'm1 1.1.0', 'm1 1.0.0']);
  });

  it('shows what an update needs', async () => {
    const { body } = await list('revoked=true');
    expect(body.items).toMatchObject([
      { firmware_id: 'fw_m1_1_0_0', size: 3_000_000_000, key: 'firmware/images/1.0.0/a.bin', revoked: true },
    ]);
    expect(Object.keys(body.items[0]!)).not.toEqual(expect.arrayContaining(['org']));
  });
});

describe('a query with `after`', () => {
  it('is refused for now while the fold has not got there', async () => {
    const { body } = await get('/query/v1/devices');
    const answer = await get(`/query/v1/devices?after=${body.position + 1_000_000}`);
    expect(answer).toMatchObject({ status: 503, body: { code: 'read-model-behind' } });
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});

describe('organizations', () => {
  it('never see each other, even with the same ids', async () => {
    const mine = storyOf('twin', 'left');
    const theirs = storyOf('twin', 'right');
    const { tell } = world.writer;
    await tell(mine.registered({ model: 'm1' }), mine.runs('1.0.0'));
    const position = await tell(theirs.registered({ model: 'm2' }), theirs.queued(1, '2.0.0'));
    const left = await get(`/query/v1/devices?after=${position}`, 'left');
    const right = await get(`/query/v1/devices?after=${position}`, 'right');
    expect(left.body.items).toMatchObject([{ model: 'm1', current_version: '1.0.0', ota_status: 'idle' }]);
    expect(right.body.items).toMatchObject([{ model: 'm2', current_version: null, ota_status: 'updating' }]);
    const timeline = await get('/query/v1/devices/twin/events', 'left');
    expect(timeline.body.items.map(({ type }) => type)).toEqual(['DeviceRegistered', 'DeviceVersionReported']);
    expect(await get('/query/v1/devices/twin', 'third')).toMatchObject({ status: 404 });
  });

  it('are named by the token alone, and there is no answer without one', async () => {
    expect(ids(await get('/query/v1/devices', 'left'))).toEqual(['twin']);
    expect(await get('/query/v1/devices?org=right', 'left')).toMatchObject({ status: 400 });
    expect((await fetch(`${projection.url}/query/v1/devices`)).status).toBe(401);
  });
});

describe('the service', () => {
  it('describes its answers', async () => {
    const document = (await (await fetch(`${projection.url}/query/openapi.json`)).json()) as {
      openapi: string;
      components: { schemas: Record<string, { properties: object; required: string[] }> };
    };
    expect(document.openapi).toBe('3.1.0');
    const { Device } = document.components.schemas;
    const { position: _, ...record } = (await get('/query/v1/devices/main_1')).body;
    expect(Object.keys(Device!.properties)).toEqual(Object.keys(record));
  });

  it('counts what it folds', async () => {
    const metrics = async (): Promise<string> => (await fetch(`${projection.url}/metrics`)).text();
    expect(await metrics()).toMatch(/edgeflow_projection_events_total\{type="DeviceRegistered"\} [1-9]/);
    // What was denied just now is on its way into the audit trail.
    await expect.poll(metrics, { timeout: 20_000 }).toMatch(/edgeflow_projection_lag_events 0/);
  });
});
