import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OtaEvent } from '@edgeflow/contracts';
import type { RunningService } from '@edgeflow/service-host';
import { causedBy, happened, storyOf, type Story } from './testing/device-story.fixture.js';
import { canary, inRollout, rolloutStory, tripped } from './testing/rollout-story.fixture.js';
import { World, type Answer } from './testing/running-projection.fixture.js';

let world: World;
let projection: RunningService;
let database: string;

beforeAll(async () => {
  world = await World.open();
  database = await world.postgres.freshDatabase();
  projection = await world.start(database);
});

afterAll(() => world.close());

const get = (path: string, org = 'acme'): Promise<Answer> => world.get(projection, `/query/v1/${path}`, org);
const types = ({ body }: Answer): unknown[] => body.items.map(({ type }) => type);
const ids = ({ body }: Answer): unknown[] => body.items.map(({ device_id }) => device_id);

/** All items of a list, page by page. */
async function pages(path: string, limit: number, org?: string): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body, status }: Answer = await get(`${path}limit=${limit}${cursor && `&cursor=${cursor}`}`, org);
    expect(status).toBe(200);
    items.push(...body.items);
    cursor = body.next_cursor;
  }
  return items;
}

const NAMES = Array.from({ length: 10 }, (_, n) => `r_${n}`);
const devices = NAMES.map((name) => storyOf(name));
const [r0, r1, r2, r3] = devices as [Story, Story, Story, Story];
const story = rolloutStory('req_story');
const { rollout_id } = story;
const url = `rollouts/${rollout_id}`;
const wave0 = { rollout_id, wave: 0 };

/** A device is told: its update is accepted and goes out in one batch. */
function told(
  device: Story,
  cause: OtaEvent,
  n = 1,
  place: Parameters<typeof inRollout>[0] = wave0,
  version = '1.1.0',
) {
  return [
    inRollout(place, device.queued(n, version), cause),
    inRollout(place, device.dispatched(n, version), cause),
  ] as const;
}

describe('a device whose update somebody has put off', () => {
  it('waits for that, and does not work', async () => {
    const device = storyOf('p_1');
    const before = [
      device.registered(),
      device.connected(),
      device.runs('1.0.0'),
      ...told(device, device.registered()),
    ];
    const position = await world.writer.tell(...before, device.putOff(1), device.postponed(1, '1.1.0'));
    const { body } = await get(`devices/p_1/why?after=${position}`);
    const until = '2026-02-21T13:00:00.000Z';
    expect(body).toMatchObject({ waiting_for: [{ reason: 'postponed', until, detail: 'on the road' }] });
  });
});

describe('a rollout', () => {
  let wave: OtaEvent;

  it('is there from the request on, before it is decided', async () => {
    const { tell } = world.writer;
    const online = devices.filter((device) => device !== r3);
    await tell(...devices.map((device) => device.registered()), ...online.map((device) => device.connected()));
    const position = await tell(story.requested());
    const { status, body } = await get(`${url}?after=${position}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ rollout_id, version: '1.1.0', state: 'requested', percent: 0, waiting_for: [{ reason: 'decision' }] },
      spec: { target: { fleet: 'north' } },
    });
    expect(await get(`${url}/devices`)).toMatchObject({ status: 200, body: { items: [], next_cursor: null } });
    expect(types(await get(`${url}/why`))).toEqual(['RolloutRequested']);
  });

  it('shows its waves, its numbers and what it waits for', async () => {
    const { tell } = world.writer;
    wave = await started();
    const [queued0, dispatched0] = told(r0, wave);
    const [queued1, dispatched1] = told(r1, wave);
    await tell(queued0, queued1, ...told(r2, wave), dispatched0, dispatched1);
    const failure = causedBy(dispatched1, r1.reported(1, 'device', 'bad block'));
    await tell(r0.runs('1.1.0', 'boot_2'), failure, r2.progress(1, 40, 'installing'));
    const position = await tell(
      inRollout(wave0, r0.completed(1, '1.1.0'), dispatched0),
      inRollout(wave0, r1.failed(1, '1.1.0'), failure),
    );
    const { body } = await get(`${url}?after=${position}`);
    expect(body).toMatchObject({
      ...{ state: 'running', percent: 20, eligible: 10, excluded: { 'model-mismatch': 1, 'device-revoked': 1 } },
      ...{ succeeded: 1, failed: 1, allowed_actions: ['pause', 'abort', 'retry', 'rollback', 'skip', 'amend'] },
      waves: [
        { index: 0, state: 'running', eligible: 4, queued: 1, in_flight: 1, succeeded: 1, failed: 1, percent: 50 },
        { index: 1, state: 'pending', eligible: 6, queued: 6, in_flight: 0, cancelled: 0, skipped: 0, percent: 0 },
      ],
      waiting_for: [
        { reason: 'devices_offline', devices: 1 },
        {
          ...{ reason: 'devices_in_flight', devices: 1, offline: 0, next_deadline_at: expect.any(String) as string },
          oldest: { device_id: 'r_2', since: expect.any(String) as string },
        },
      ],
    });
    const kept = await get('devices/r_2/why');
    expect(kept.body).toMatchObject({ waiting_for: [{ reason: 'device_working', phase: 'installing' }] });
    expect(body.position).toBeGreaterThanOrEqual(position);
  });

  it('keeps a device waiting, which says so with all that the rollout waits for', async () => {
    const { waiting_for } = (await get(url)).body;
    const of = { reason: 'rollout', rollout_id, stage: 'forward', version: '1.1.0', state: 'running', until: null };
    const later = await get('devices/r_9/why');
    const text = `The device waits in wave 1 of rollout ${rollout_id} (running) to be told of 1.1.0; the rollout waits for: devices offline, devices in flight.`;
    expect(later.body).toMatchObject({ waiting_for: [{ ...of, wave: 1, code: null, waiting_for, text }] });
    const first = await get('devices/r_3/why');
    expect(first.body).toMatchObject({ waiting_for: [{ reason: 'device_offline' }, { ...of, wave: 0 }] });
    expect((await get('devices/r_0/why')).body).toMatchObject({ waiting_for: [] });
  });

  it('tells who waits for another try from who is busy', async () => {
    const position = await world.writer.tell(r3.connected(), r3.queued(7, '0.9.0'));
    const { body } = await get(`${url}?after=${position}`);
    expect(body).toMatchObject({
      waiting_for: [{ reason: 'devices_busy', devices: 1 }, { reason: 'devices_in_flight' }],
    });
  });

  /** Accepted, planned and on its way. @returns the event that told wave 0 to go */
  async function started(): Promise<OtaEvent> {
    const excluded = [
      { device_id: 'x_2', reason: 'device-revoked' },
      { device_id: 'x_1', reason: 'model-mismatch' },
    ];
    const start = story.waveStarted;
    await world.writer.tell(
      story.accepted([4, 6], { 'model-mismatch': 1, 'device-revoked': 1 }),
      story.planned(
        NAMES.slice(0, 5).map((device_id) => ({ device_id })),
        excluded,
      ),
      story.planned(NAMES.slice(5).map((device_id) => ({ device_id }))),
    );
    const events = [story.started(), start(0, 4)] as const;
    await world.writer.tell(...events);
    return events[1];
  }
});

describe('the devices of a rollout', () => {
  const list = (query: string) => get(`${url}/devices?${query}`);

  it.each([
    ['', NAMES],
    ['status=queued', ['r_3', 'r_4', 'r_5', 'r_6', 'r_7', 'r_8', 'r_9']],
    ['status=queued&wave=0', ['r_3']],
    ['status=in_flight', ['r_2']],
    ['status=succeeded', ['r_0']],
    ['status=failed', ['r_1']],
    ['status=skipped', []],
    ['wave=1', ['r_4', 'r_5', 'r_6', 'r_7', 'r_8', 'r_9']],
    ['stage=rollback', []],
    ['status=excluded', ['x_1', 'x_2']],
    ['status=excluded&wave=0', []],
  ])('filtered by "%s" are %j', async (query, expected) => {
    expect(ids(await list(query))).toEqual(expected);
  });

  it('are read page by page', async () => {
    const all = await pages(`${url}/devices?`, 3);
    expect(all.map(({ device_id }) => device_id)).toEqual(NAMES);
    const left = await pages(`${url}/devices?status=excluded&`, 1);
    expect(left.map(({ device_id, code }) => [device_id, code])).toEqual([
      ['x_1', 'model-mismatch'],
      ['x_2', 'device-revoked'],
    ]);
  });

  it('say what they do and why they ended', async () => {
    const [flying] = (await list('status=in_flight')).body.items;
    expect(flying).toMatchObject({
      ...{ stage: 'forward', wave: 0, version: '1.1.0', attempt: 1, update_id: 'upd_1', code: null },
      ...{ phase: 'installing', progress: 40 },
    });
    const [failed] = (await list('status=failed')).body.items;
    expect(failed).toMatchObject({ code: 'checksum-mismatch', detail: 'ended: checksum-mismatch', phase: null });
    const [left] = (await list('status=excluded')).body.items;
    expect(Object.keys(left!)).toEqual(Object.keys(flying!));
    expect(left).toMatchObject({ status: 'excluded', wave: null, detail: 'The firmware is not for this model' });
  });

  it.each(['status=waiting', 'wave=-1', 'wave=9999999999', 'stage=back', 'limit=0', 'cursor=%2A'])(
    'are refused for %s',
    async (query) => {
      expect(await list(query)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    },
  );
});

describe('a rollout of 1,200 devices', () => {
  it('shows each device once, whatever becomes of them between the pages', async () => {
    const [org, names] = ['many', Array.from({ length: 1_200 }, (_, n) => `many_${n}`)];
    const large = rolloutStory('req_many', org);
    const { tell } = world.writer;
    await tell(large.requested());
    const half = (n: number) => large.planned(names.slice(n * 600, n * 600 + 600).map((device_id) => ({ device_id })));
    const wave = large.waveStarted(0, 1_200);
    const accepted = [large.accepted([1_200]), half(0), half(1)];
    let position = await tell(...accepted, large.started(), wave);
    const seen: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = `limit=250&after=${position}${cursor && `&cursor=${cursor}`}`;
      const page: Answer = await get(`rollouts/${large.rollout_id}/devices?${query}`, org);
      seen.push(...ids(page));
      cursor = page.body.next_cursor;
      const some = names.filter((_, n) => n % 7 === (seen.length / 50) % 7 && n % 2 === 0).slice(0, 40);
      const place = { rollout_id: large.rollout_id, wave: 0 };
      position = await tell(...some.map((name) => inRollout(place, storyOf(name, org).queued(1, '1.1.0'), wave)));
    }
    expect(seen).toEqual(names);
    const { body } = await get(`rollouts/${large.rollout_id}?after=${position}`, org);
    const { queued, in_flight } = (body['waves'] as unknown as { queued: number; in_flight: number }[])[0]!;
    expect(await pages(`rollouts/${large.rollout_id}/devices?status=in_flight&`, 50, org)).toHaveLength(in_flight);
    expect(queued + in_flight).toBe(1_200);
  });
});

describe('a rollout that is rolled back', () => {
  it('shows the way back, and what could not be brought back as failures', async () => {
    const { tell } = world.writer;
    const gate = tripped(1, 2);
    const triggered = story.triggered(gate);
    await tell(triggered);
    const planned = story.planned(
      [{ device_id: 'r_0', version: '1.0.0' }],
      [{ device_id: 'r_1', reason: 'no-good-version' }],
      {
        stage: 'rollback',
      },
    );
    const back = story.waveStarted(0, 1, 'rollback');
    await tell(planned, back);
    const position = await tell(...told(r0, back, 2, { ...wave0, rollback: true }, '1.0.0'));
    const { body } = await get(`${url}?after=${position}`);
    expect(body).toMatchObject({
      ...{ state: 'rolling_back', percent: 90, allowed_actions: ['abort', 'amend'] },
      waves: [{ cancelled: 1, in_flight: 1 }, { cancelled: 6 }],
      rollback: { cause: 'gate', gate, waves: [{ in_flight: 1 }], unavailable: { 'no-good-version': 1 } },
    });
    expect((await get(`${url}/devices?stage=rollback`)).body.items).toMatchObject([
      { device_id: 'r_0', version: '1.0.0', status: 'in_flight', update_id: 'upd_2' },
    ]);
    expect((await get(`${url}/failures`)).body.items).toEqual([
      {
        ...{ code: 'checksum-mismatch', devices: 1, waves: [0], example_device_ids: ['r_1'] },
        ...{ example_detail: 'ended: checksum-mismatch', attempts_on_version: 1, stage: 'forward' },
      },
      {
        ...{ code: 'no-good-version', devices: 1, waves: [], example_device_ids: ['r_1'] },
        ...{ example_detail: null, attempts_on_version: 0, stage: 'rollback' },
      },
    ]);
    expect(await get(`devices/r_0`)).toMatchObject({ body: { rollout_id, target_version: '1.0.0' } });
  });

  it('has a timeline, in order, page by page and back, without lists of devices', async () => {
    const all = await pages(`${url}/events?`, 4);
    expect(all.map(({ type }) => type)).toEqual([
      ...['RolloutRequested', 'RolloutAccepted', 'RolloutDevicesPlanned', 'RolloutDevicesPlanned', 'RolloutStarted'],
      ...['WaveStarted', 'RollbackTriggered', 'RolloutDevicesPlanned', 'WaveStarted'],
    ]);
    expect(all[2]).toMatchObject({ data: { stage: 'forward', device_count: 5, excluded_count: 2 } });
    expect(Object.keys(all[0]!)).toEqual(
      ['position', 'id', 'type', 'time', 'data', 'source', 'correlation_id', 'causation_id'], // prettier-ignore
    );
    expect((await get(`${url}/events?order=desc`)).body.items).toEqual(all.toReversed());
    expect(types(await get(`${url}/events?type=WaveStarted`))).toEqual(['WaveStarted', 'WaveStarted']);
  });

  it('says why, from the newest step back to the request', async () => {
    const why = await get(`${url}/why`);
    expect(why.body.items.map(({ text }) => text)).toEqual([
      'Wave 0 of the way back was started: 1 device.',
      '1 device can go back to the version before, 1 cannot.',
      'The rollout is rolled back: 1 of 2 in wave 0 failed (50 %), the threshold is 10 %.',
      'Wave 0 was started: 4 devices.',
      'The rollout was started.',
      'The rollout of 1.1.0 was accepted: 10 devices in 2 waves; left out: device-revoked 1, model-mismatch 1.',
      '/spec (in its words: carol) asked for a rollout of 1.1.0 to fleet north (canary).',
    ]);
    expect(why.body).toMatchObject({ complete: true, next_cursor: null });
    const [first] = why.body.items;
    expect(Object.keys(first!)).toEqual(
      ['position', 'id', 'type', 'time', 'data', 'source', 'correlation_id', 'causation_id', 'text'], // prettier-ignore
    );
  });

  it('says of a device why, across its own timeline and the rollout’s', async () => {
    expect(types(await get('devices/r_1/why'))).toEqual([
      ...['UpdateFailed', 'DeviceUpdateReported', 'UpdateDispatched', 'UpdateQueued'],
      ...['WaveStarted', 'RolloutStarted', 'RolloutAccepted', 'RolloutRequested'],
    ]);
    const { body } = await get('devices/r_0/why');
    expect(body.items[0]).toMatchObject({ type: 'UpdateDispatched', data: { rollback: true, version: '1.0.0' } });
    expect(body.items.map(({ type }) => type)).toContain('RollbackTriggered');
    expect(body.items.at(-1)).toMatchObject({ type: 'RolloutRequested' });
  });
});

describe('a rollout that somebody stopped', () => {
  const stopped = rolloutStory('req_stop', 'stops');
  const [one] = [storyOf('s_0', 'stops')];
  const path = `rollouts/${stopped.rollout_id}`;

  it('says who, and why', async () => {
    const { tell } = world.writer;
    const pause = stopped.actionRequested('ask_pause', 'RolloutPauseRequested');
    const again = stopped.actionRequested('ask_again', 'RolloutPauseRequested');
    const abort = stopped.actionRequested('ask_abort', 'RolloutAbortRequested');
    await tell(stopped.requested());
    await tell(stopped.accepted([1]), stopped.planned([{ device_id: 's_0' }]));
    const wave = stopped.waveStarted(0, 1);
    await tell(stopped.started(), wave);
    const [queued] = told(one!, wave, 1, { rollout_id: stopped.rollout_id, wave: 0 });
    await tell(pause, again, queued);
    await tell(stopped.paused(pause), stopped.refused(again, 'pause'));
    const aborted = stopped.aborted(abort);
    await tell(abort, aborted);
    const place = { rollout_id: stopped.rollout_id, wave: 0 };
    const position = await tell(inRollout(place, one!.cancelled(1, '1.1.0'), aborted));
    const why = await get(`${path}/why?after=${position}`, 'stops');
    expect(types(why)).toEqual([
      ...['RolloutAborted', 'RolloutAbortRequested', 'RolloutPaused', 'RolloutPauseRequested', 'WaveStarted'],
      ...['RolloutStarted', 'RolloutAccepted', 'RolloutRequested'],
    ]);
    expect(why.body.items[0]).toMatchObject({ text: 'carol (operator) aborted the rollout: night shift.' });
    const device = await get('devices/s_0/why', 'stops');
    expect(types(device)).toEqual([
      'UpdateCancelled',
      ...types(why).slice(0, 3),
      'UpdateQueued',
      ...types(why).slice(3),
    ]);
    expect(await get(path, 'stops')).toMatchObject({ body: { state: 'aborted', percent: 100, waiting_for: [] } });
  });

  it('names nobody where nobody did: the log had lost a device of its plan', async () => {
    const torn = rolloutStory('req_torn', 'stops');
    const { tell } = world.writer;
    await tell(torn.requested());
    await tell(torn.accepted([2]), torn.planned([{ device_id: 's_1' }]));
    const position = await tell(torn.endedByNobody('the log has lost devices of its plan; ask for it again'));
    const why = await get(`rollouts/${torn.rollout_id}/why?after=${position}`, 'stops');
    expect(why.body.items[0]).toMatchObject({
      text: 'The rollout was aborted: the log has lost devices of its plan; ask for it again.',
    });
    expect(types(why)).toEqual(['RolloutAborted', 'RolloutAccepted', 'RolloutRequested']);
    expect(await get(`rollouts/${torn.rollout_id}`, 'stops')).toMatchObject({
      body: { state: 'aborted', eligible: 1, waves: [{ eligible: 1, cancelled: 1 }], waiting_for: [] },
    });
  });
});

describe('the list of rollouts', () => {
  const org = 'lists';
  const list = (query: string) => get(`rollouts?${query}`, org);
  const stories = Array.from({ length: 6 }, (_, n) => rolloutStory(`req_${n}`, org));
  const shown = ({ body }: Answer) =>
    body.items.map((item) => stories.findIndex((s) => s.rollout_id === item['rollout_id']));

  beforeAll(async () => {
    const { tell } = world.writer;
    const many = { ...canary, target: { devices: ['a', 'b'] }, approval: 'start' as const };
    const specs = [canary, many, { ...canary, version: '2.0.0' }, canary, canary, canary];
    for (const [n, one] of stories.entries()) await tell(one.requested(specs[n]!));
    const [running, approval, scheduled, rejected, paused] = stories as [(typeof stories)[0], ...typeof stories];
    const accept = (one: (typeof stories)[0], spec = canary) => [
      one.accepted([1], {}, spec),
      one.planned([{ device_id: `d_${one.rollout_id}` }]),
    ];
    await tell(...accept(running!), running!.started(), running!.waveStarted(0, 1));
    await tell(...accept(approval!, many));
    await tell(...accept(scheduled!, specs[2]));
    await tell(rejected!.rejected());
    const pause = paused!.actionRequested('ask_1', 'RolloutPauseRequested');
    await tell(pause, ...accept(paused!));
    const stray = rolloutStory('never', org).actionRequested('ask_2', 'RolloutAbortRequested');
    await list(`after=${await tell(paused!.paused(pause), stray)}`);
  });

  it.each([
    ['', [5, 4, 3, 2, 1, 0]],
    ['state=requested', [5]],
    ['state=paused', [4]],
    ['state=rejected', [3]],
    ['state=scheduled', [2]],
    ['state=awaiting_approval', [1]],
    ['state=running', [0]],
    ['state=rolled_back', []],
    ['version=2.0.0', [2]],
    ['version=1.1.0&state=running', [0]],
  ])('filtered by "%s" is %j', async (query, expected) => {
    expect(shown(await list(query))).toEqual(expected);
  });

  it('is read page by page, also where the state is not what is stored', async () => {
    const all = await pages('rollouts?', 2, org);
    expect(all).toHaveLength(6);
    expect(await pages('rollouts?state=scheduled&', 1, org)).toHaveLength(1);
    expect(await pages('rollouts?state=awaiting_approval&', 1, org)).toHaveLength(1);
  });

  it('has resources without the lists of devices that they were asked for', async () => {
    const { body } = await list('state=awaiting_approval');
    expect(body.items).toMatchObject([
      { state: 'awaiting_approval', eligible: 1, waiting_for: [{ reason: 'approval', wave: 0 }] },
    ]);
    expect(Object.keys(body.items[0]!)).not.toContain('spec');
    const { spec: _, ...one } = (await get(`rollouts/${stories[1]!.rollout_id}`, org)).body as Record<string, unknown>;
    expect(Object.keys(body.items[0]!)).toEqual(Object.keys(one));
    const [rejected] = (await list('state=rejected')).body.items;
    expect(rejected).toMatchObject({ code: 'firmware-unknown', detail: 'There is no firmware 1.1.0.' });
  });

  it.each(['state=broken', 'version=v1', 'cursor=%2A', 'limit=501'])('refuses %s', async (query) => {
    expect(await list(query)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
  });
});

describe('a rollout that is not there', () => {
  const routes = ['', '/devices', '/devices?status=excluded', '/failures', '/events', '/why'];

  it.each(['nothing', 'no%2Fthing', 'a.b', 'x'.repeat(65)])('is unknown as %s', async (id) => {
    for (const route of routes) {
      expect(await get(`rollouts/${id}${route}`)).toMatchObject({ status: 404, body: { code: 'rollout-unknown' } });
    }
  });

  it('is unknown when it is another organization’s', async () => {
    for (const route of routes) expect(await get(`${url}${route}`, 'globex')).toMatchObject({ status: 404 });
    expect((await get('rollouts', 'globex')).body.items).toEqual([]);
    expect(await get('devices/r_0/why', 'globex')).toMatchObject({ status: 404, body: { code: 'device-unknown' } });
  });

  it('waits for a position that does not come as long as any query', async () => {
    const answer = await get(`${url}?after=${1_000_000_000}`);
    expect(answer).toMatchObject({ status: 503, body: { code: 'read-model-behind' } });
  });
});

describe('a request that cannot be read', () => {
  it('is in the timeline with its refusal, and stops nothing', async () => {
    const org = 'unread';
    const unread = rolloutStory('req_bad', org);
    const publish = (id: string, type: string, data: object) =>
      world.publish(`ota.${org}.request.${id}.${type}`, {
        ...{ specversion: '1.0', id, type, source: '/team', data },
      });
    await publish('req_bad', 'RolloutRequested', { version: 7 });
    await publish('req_worse', 'RolloutPauseRequested', { reason: 5 });
    await publish('req_worst', 'RollbackRequested', { device_id: [] });
    const position = await world.writer.tell(
      causedBy(
        { id: 'req_bad', correlation_id: 'req_bad' },
        unread.rejected('invalid-request', 'version must be text'),
      ),
    );
    const path = `rollouts/${unread.rollout_id}`;
    expect((await get(`${path}?after=${position}`, org)).body).toMatchObject({ state: 'rejected', version: null });
    expect((await get(`${path}/why`, org)).body.items.map(({ text }) => text)).toEqual([
      'The request for the rollout was rejected (invalid-request): version must be text.',
      '/team asked for something that cannot be read.',
    ]);
    expect((await get('rollouts', org)).body.items).toHaveLength(1);
  });
});

describe('a rollback of one device', () => {
  it('is in the device’s timeline and chain', async () => {
    const device = storyOf('back_1');
    const asked = happened(
      { org: 'acme', entity: 'request', entity_id: 'req_back' },
      { type: 'RollbackRequested', data: { device_id: 'back_1', requested_by: 'carol' } },
    );
    const data = { rollout_id: 'rbk_1', cause: 'operator', device_id: 'back_1', version: '1.0.0' } as const;
    const stream = { org: 'acme', entity: 'rollout', entity_id: 'rbk_1' } as const;
    const { tell } = world.writer;
    await tell(device.registered(), asked);
    const position = await tell(
      causedBy(asked, happened(stream, { type: 'RollbackTriggered', data })),
      causedBy(asked, device.queued(1, '1.0.0')),
    );
    expect((await get(`devices/back_1/why?after=${position}`)).body.items.map(({ text }) => text)).toEqual([
      'The update to 1.0.0 was accepted.',
      'Someone had the device go back to 1.0.0.',
      '/spec (in its words: carol) asked to roll back the device.',
    ]);
    expect(types(await get('devices/back_1/events'))).toContain('RollbackTriggered');
    expect(await get('rollouts/rbk_1')).toMatchObject({ status: 404 });
    expect(types(await get('rollouts/rbk_1/events'))).toEqual(['RollbackTriggered']);
  });
});

describe('read models of rollouts', () => {
  it('come out the same from a replay, however the log is cut into batches', async () => {
    // It records until it stops what it was asked in vain: behind that nobody writes.
    await world.stop(projection);
    const { last } = await world.writer.log.state();
    const again = await world.postgres.freshDatabase();
    for (const url of [again, database]) {
      const one = await world.start(url);
      expect((await world.get(one, `/query/v1/rollouts?after=${last}`)).status).toBe(200);
      await world.stop(one);
    }
    const rows = await world.rows(again);
    expect(rows['rollout_member']!.length).toBeGreaterThan(10);
    expect(rows).toEqual(await world.rows(database));
  });
});
