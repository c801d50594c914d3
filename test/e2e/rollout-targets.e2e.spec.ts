import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ids, Rollouts, type Member, type Page, type Resource } from './rollouts.harness.js';

let rollouts: Rollouts;

beforeAll(async () => {
  rollouts = await Rollouts.start();
});
afterAll(() => rollouts.dispose());
afterEach(() => {
  expect(rollouts.errors).toEqual([]);
  rollouts.hangUp();
});

const allAtOnce = { strategy: { type: 'all_at_once' } };
const to2 = { version: '2.0.0', ...allAtOnce };

describe('the target of a rollout', () => {
  it('is a fleet, a list of devices, or a filter over model, fleet, tags, version and online', async () => {
    const fleet = await rollouts.fleet('filters', ['1.0.0', '2.0.0']);
    await fleet.join(['f_old'], { version: '0.9.0', tags: ['beta', 'eu'] });
    await fleet.join(['f_candidate'], { version: '1.5.0-rc.1', tags: ['beta'] });
    await fleet.join(['f_plain', 'f_away'], { version: '1.2.0' });
    await fleet.join(['f_elsewhere'], { fleet: 'filters2', version: '1.2.0' });
    fleet.device('f_away').cut();
    const model = 'filters';
    const targets: [object, number][] = [
      [{ fleet: 'filters' }, 4],
      [{ devices: ['f_old', 'f_elsewhere'] }, 2],
      [{ filter: { model } }, 5],
      [{ filter: { model, fleet: 'filters2' } }, 1],
      [{ filter: { fleet: 'filters', tags: ['beta'] } }, 2],
      [{ filter: { fleet: 'filters', tags: ['beta', 'eu'] } }, 1],
      [{ filter: { model, version: '>=1.0.0 <2.0.0' } }, 4],
      [{ filter: { model, version: '<1.0.0' } }, 1],
      [{ filter: { model, version: '^1.2.0', online: true } }, 3],
      [{ filter: { model, online: false } }, 1],
    ];
    for (const [target, eligible] of targets) {
      await rollouts.planOf({ ...to2, target }, (plan) => plan.eligible === eligible);
    }
    const none = await rollouts.plan({ ...to2, target: { filter: { model: 'no_such_model' } } });
    expect(none).toMatchObject({ status: 409, body: { code: 'target-empty' } });
  });

  it('leaves out who cannot take part, counted by reason and listed', async () => {
    const fleet = await rollouts.fleet('reasons', ['1.0.0', '1.9.0']);
    await rollouts.upload('reasons', '2.0.0', { min_version: '1.0.0' });
    await fleet.join(ids(3, 'ex'));
    await fleet.join(['ex_done'], { version: '2.0.0' });
    await fleet.join(['ex_model'], { model: 'other-model' });
    await fleet.join(['ex_below'], { version: '0.9.0' });
    const [busy] = await fleet.join(['ex_busy', 'ex_revoked']);
    fleet.script = () => 'silent';
    await rollouts.standalone.eventually(
      () => rollouts.post('updates', { device_id: 'ex_busy', version: '1.9.0' }),
      ({ status }) => status === 202,
    );
    await rollouts.standalone.ask('acme', 'admin', 'POST', '/gateway/v1/devices/ex_revoked/revoke', { reason: 'lost' });
    const body = { ...to2, target: { fleet: 'reasons' }, strategy: { type: 'rolling', batch_size: 2 } };
    const excluded = {
      'already-on-target': 1,
      'model-mismatch': 1,
      'min-version-not-met': 1,
      'update-in-progress': 1,
      'device-revoked': 1,
    };
    const plan = await rollouts.planOf(body, (one) => Object.keys(one.excluded).length === 5 && one.eligible === 3);
    expect(plan).toEqual({
      version: '2.0.0',
      eligible: 3,
      excluded,
      warnings: {},
      overlaps: [],
      waves: [
        { index: 0, eligible: 2, soak_s: 0 },
        { index: 1, eligible: 1, soak_s: 0 },
      ],
    });
    // The dry run has started nothing.
    const { items } = (await rollouts.query<Page<Resource>>('rollouts')).body;
    expect(items).toEqual([]);
    fleet.script = () => 'installs';
    const named = { ...body, target: { devices: ['ex_01', 'ex_done', 'ex_nobody'] } };
    const id = await rollouts.start(named, 1);
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({
      eligible: 1,
      succeeded: 1,
      excluded: { 'already-on-target': 1, 'device-unknown': 1 },
    });
    const whole = await rollouts.start(body, 2);
    await rollouts.reaches(whole, 'completed');
    const left = await rollouts.members(whole, 'status=excluded');
    expect(Object.fromEntries(left.map(({ device_id, code }) => [device_id, code]))).toEqual({
      ex_01: 'already-on-target',
      ex_done: 'already-on-target',
      ex_model: 'model-mismatch',
      ex_below: 'min-version-not-met',
      ex_busy: 'update-in-progress',
      ex_revoked: 'device-revoked',
    });
    expect(busy!.offers.map(({ version }) => version)).toEqual(['1.9.0']);
  });

  it('is a snapshot, or takes in who comes later', async () => {
    const fleet = await rollouts.fleet('later');
    await fleet.join(['l_01']);
    const snapshot = await rollouts.start({ ...to2, target: { devices: ['l_01'] }, start_at: inAnHour() }, 1);
    const continuous = await rollouts.start({ ...to2, target: { fleet: 'later' }, membership: 'continuous' }, 1);
    await rollouts.reaches(continuous, 'completed');
    await fleet.join(['l_02']);
    await fleet.join(['l_newer'], { version: '2.1.0' });
    // Whoever is looked at between its registration and its first word is taken in, and passed over when its turn comes.
    const passedOver = ({ excluded, waves }: Resource): number =>
      (excluded['newer-version'] ?? 0) + (waves[0]?.skipped ?? 0);
    const joined = await rollouts.until(
      continuous,
      (r) => r.state === 'completed' && r.succeeded === 2 && passedOver(r) === 1,
    );
    expect(joined.percent).toBe(100);
    expect(fleet.versions).toEqual({ l_01: '2.0.0', l_02: '2.0.0', l_newer: '2.1.0' });
    expect((await rollouts.reaches(snapshot, 'scheduled')).eligible).toBe(1);
    await rollouts.do(continuous, 'abort');
    await rollouts.reaches(continuous, 'aborted');
    await fleet.join(['l_03']);
    await rollouts.planOf({ ...to2, target: { fleet: 'later' } }, ({ eligible }) => eligible === 2);
    expect((await rollouts.reaches(continuous, 'aborted')).eligible).toBe(joined.eligible);
    expect(fleet.device('l_03').offers).toEqual([]);
  });
});

describe('a strategy', () => {
  const shapes: [string, object, number[]][] = [
    ['all at once', { type: 'all_at_once' }, [6]],
    ['rolling by number', { type: 'rolling', batch_size: 4 }, [4, 2]],
    ['rolling by percent', { type: 'rolling', batch_percent: 34 }, [3, 3]],
    ['canary', { type: 'canary', percent: 10, soak_s: 1, success_percent: 100 }, [1, 5]],
    ['canary, then rolling', { type: 'canary', count: 2, then: { type: 'rolling', batch_size: 2 } }, [2, 2, 2]],
    ['staged', { type: 'staged', waves: [{ percent: 1 }, { count: 2, success_percent: 50 }] }, [1, 2, 3]],
  ];

  it.each(shapes)('%s goes through its waves, one after the other', async (name, strategy, sizes) => {
    const model = name.replaceAll(/[ ,]+/g, '-');
    const fleet = await rollouts.fleet(model);
    await fleet.join(ids(6, model));
    fleet.script = () => 'downloads';
    const id = await rollouts.start({ ...to2, strategy, target: { fleet: model } }, 6);
    const resource = await rollouts.reaches(id, 'completed');
    expect(resource).toMatchObject({ percent: 100, eligible: 6, succeeded: 6, failed: 0, waiting_for: [] });
    expect(resource.waves.map(({ eligible, succeeded, state }) => [eligible, succeeded, state])).toEqual(
      sizes.map((size) => [size, size, 'completed']),
    );
    expect(fleet.told).toHaveLength(6);
    expect(fleet.mostInFlight).toBeLessThanOrEqual(Math.max(...sizes));
    // In the order of the waves, whatever the order within one.
    const members = await rollouts.members(id);
    const waveOf = new Map(members.map(({ device_id, wave }) => [device_id, wave ?? -1]));
    const waves = fleet.told.map(({ device_id }) => waveOf.get(device_id));
    expect(waves).toEqual(waves.toSorted());
    const story = await rollouts.story(id);
    expect(story).toEqual([
      ...['RolloutAccepted', 'RolloutStarted'],
      ...sizes.flatMap(() => ['WaveStarted', 'WaveCompleted']),
      'RolloutCompleted',
    ]);
  });

  const bad: [string, object][] = [
    ['no strategy', { strategy: undefined }],
    ['an unknown type', { strategy: { type: 'big_bang' } }],
    ['rolling without a batch', { strategy: { type: 'rolling' } }],
    ['rolling with two batches', { strategy: { type: 'rolling', batch_size: 1, batch_percent: 1 } }],
    ['a batch of 0', { strategy: { type: 'rolling', batch_size: 0 } }],
    ['a batch of 1.5', { strategy: { type: 'rolling', batch_size: 1.5 } }],
    ['101 percent', { strategy: { type: 'rolling', batch_percent: 101 } }],
    ['a canary of 0 percent', { strategy: { type: 'canary', percent: 0 } }],
    ['a canary of 100.1 percent', { strategy: { type: 'canary', percent: 100.1 } }],
    ['a canary of "5" percent', { strategy: { type: 'canary', percent: '5' } }],
    ['a canary without a size', { strategy: { type: 'canary', soak_s: 1 } }],
    ['a negative soak', { strategy: { type: 'canary', percent: 1, soak_s: -1 } }],
    ['a success of 101 percent', { strategy: { type: 'canary', percent: 1, success_percent: 101 } }],
    ['a canary then a canary', { strategy: { type: 'canary', percent: 1, then: { type: 'canary', percent: 1 } } }],
    ['no stages', { strategy: { type: 'staged', waves: [] } }],
    ['a stage of nothing', { strategy: { type: 'staged', waves: [{}] } }],
    ['stages of 120 %', { strategy: { type: 'staged', waves: [{ percent: 60 }, { percent: 60 }] } }],
    ['a filter for the version of nobody', { target: { filter: { version: '' } } }],
    ['a filter with null', { target: { filter: { model: 'gateway', fleet: null } } }],
    ['a member of another type', { strategy: { type: 'all_at_once', batch_size: 1 } }],
    ['a slip of the pen', { strategy: { type: 'canary', percent: 1, sucess_percent: 99 } }],
    ['an unknown member', { failures: { percent: 5 } }],
    ['two targets', { target: { fleet: 'x', devices: ['y'] } }],
    ['no target', { target: {} }],
    ['an empty filter', { target: { filter: {} } }],
    ['no devices', { target: { devices: [] } }],
    ['a device twice', { target: { devices: ['x', 'x'] } }],
    ['a device id with a wildcard', { target: { devices: ['x.*'] } }],
    ['a version range that is none', { target: { filter: { version: 'newest' } } }],
    ['no version', { version: undefined }],
    ['a version that is none', { version: 'v2' }],
    ['a gate over 100 percent', { failure: { percent: 101 } }],
    ['a gate without a threshold', { failure: { action: 'abort' } }],
    ['a gate with two thresholds', { failure: { percent: 1, count: 1 } }],
    ['a gate with an unknown action', { failure: { percent: 1, action: 'explode' } }],
    ['an unknown membership', { membership: 'open' }],
    ['an unknown approval', { approval: 'sometimes' }],
    ['a start at no time', { start_at: '2026-13-01T00:00:00Z' }],
    ['a cron of six fields', { window: { cron: '0 0 1 * * *', duration_s: 60, time_zone: 'UTC' } }],
    ['an unknown time zone', { window: { cron: '0 1 * * *', duration_s: 60, time_zone: 'Mars/Olympus' } }],
    ['a window of 0 s', { window: { cron: '0 1 * * *', duration_s: 0, time_zone: 'UTC' } }],
    ['0 in flight', { limits: { max_in_flight: 0 } }],
    ['0 a minute', { limits: { max_per_minute: 0 } }],
    ['11 retries', { retry: { attempts: 11, backoff_s: 1 } }],
    ['a deadline of 0', { deadline_s: 0 }],
    ['a phase deadline of 0', { deadlines: { downloading_s: 0 } }],
    ['a phase that is none', { deadlines: { dreaming_s: 1 } }],
    ['priority 1001', { priority: 1001 }],
    ['a reason that is no text', { reason: 7 }],
  ];

  it.each(bad)('with %s is refused, and nothing is written', async (_name, change) => {
    const body = { ...to2, target: { fleet: 'all-at-once' }, ...change };
    const before = (await rollouts.query<Page<Resource>>('rollouts')).body.items.length;
    for (const path of ['rollouts', 'rollouts?dry_run=true']) {
      const { status, body: problem } = await rollouts.post(path, body);
      expect({ status, code: problem.code }).toEqual({ status: 400, code: 'invalid-request' });
      expect(problem.detail).not.toBe('');
    }
    expect((await rollouts.query<Page<Resource>>('rollouts')).body.items).toHaveLength(before);
  });

  it('is refused for a version that nobody uploaded, and as a body that is no object', async () => {
    const target = { fleet: 'all-at-once' };
    expect(await rollouts.post('rollouts', { ...to2, target, version: '9.9.9' })).toMatchObject({
      status: 404,
      body: { code: 'firmware-unknown' },
    });
    for (const body of [[], [to2], {}]) {
      expect(await rollouts.post('rollouts', body)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    }
  });
});

describe('the read side', () => {
  it('lists rollouts, and the devices of one by status and page, its failures by code, and why', async () => {
    const fleet = await rollouts.fleet('reading');
    await fleet.join(ids(6, 'r'));
    fleet.script = ({ id }) =>
      id === 'r_01' ? { fails: 'install-failed' } : id === 'r_02' ? { fails: 'odd' } : 'installs';
    const strategy = { type: 'rolling', batch_size: 3 };
    const id = await rollouts.start({ ...to2, strategy, target: { fleet: 'reading' } }, 6);
    const resource = await rollouts.reaches(id, 'completed');
    expect(resource).toMatchObject({ percent: 100, succeeded: 4, failed: 2 });
    for (const wave of resource.waves) {
      expect(wave).toMatchObject({ eligible: 3, percent: 100, queued: 0, in_flight: 0, cancelled: 0, skipped: 0 });
      expect(wave.succeeded + wave.failed).toBe(3);
    }
    const { items } = (await rollouts.query<Page<Resource>>('rollouts?limit=1')).body;
    expect(items.map(({ rollout_id, state }) => [rollout_id, state])).toEqual([[id, 'completed']]);

    const seen: Member[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const from: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
      const page: Page<Member> = (await rollouts.query<Page<Member>>(`rollouts/${id}/devices?limit=2${from}`)).body;
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items);
      cursor = page.next_cursor;
    }
    expect(seen.map(({ device_id }) => device_id).toSorted()).toEqual(ids(6, 'r'));
    const failed = await rollouts.members(id, 'status=failed');
    expect(failed.map(({ device_id, code }) => [device_id, code]).toSorted()).toEqual([
      ['r_01', 'install-failed'],
      ['r_02', 'odd'],
    ]);
    expect(await rollouts.members(id, 'status=succeeded&wave=0')).toHaveLength(resource.waves[0]!.succeeded);
    expect(await rollouts.members(id, 'status=queued')).toEqual([]);
    const groups = await rollouts.failures(id);
    expect(groups.map(({ code, devices, example_device_ids }) => [code, devices, example_device_ids])).toEqual([
      ['install-failed', 1, ['r_01']],
      ['odd', 1, ['r_02']],
    ]);
    type Why = { items: { type: string; text: string }[] };
    const why = (await rollouts.query<Why>(`rollouts/${id}/why`)).body.items;
    expect(why[0]).toMatchObject({ type: 'RolloutCompleted' });
    expect(why.at(-1)).toMatchObject({ type: 'RolloutRequested' });
    const device = (await rollouts.query<Why>('devices/r_01/why')).body.items;
    const types = device.map(({ type }) => type);
    expect(types[0]).toBe('UpdateFailed');
    expect(types).toEqual(expect.arrayContaining(['DeviceUpdateReported', 'UpdateDispatched', 'WaveStarted']));
    expect(types.at(-1)).toBe('RolloutRequested');

    for (const path of ['', '/devices', '/failures', '/events', '/why']) {
      expect(await rollouts.query(`rollouts/${id}${path}`, 'viewer', 'globex')).toMatchObject({
        status: 404,
        body: { code: 'rollout-unknown' },
      });
    }
    expect((await rollouts.query<Page<Resource>>('rollouts', 'viewer', 'globex')).body.items).toEqual([]);
    for (const path of [`rollouts/${id}/devices?status=odd`, `rollouts/${id}/devices?cursor=zzz`, 'rollouts?limit=0']) {
      expect(await rollouts.query(path)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    }
  });
});

function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}
