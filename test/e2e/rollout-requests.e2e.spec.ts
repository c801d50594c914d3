import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NatsPublisher } from './nats-publisher.js';
import { ids, rolloutIdOf, Rollouts, type Page, type RolloutEvent } from './rollouts.harness.js';
import type { TunnelFleet } from './tunnel-fleet.js';

let rollouts: Rollouts;
let team: NatsPublisher;
let count = 0;

beforeAll(async () => {
  rollouts = await Rollouts.start();
});
afterAll(() => rollouts.dispose());
beforeEach(async () => {
  team = await rollouts.standalone.team('acme');
});
afterEach(() => {
  team.close();
  expect(rollouts.errors).toEqual([]);
  rollouts.hangUp();
});

const spec = { version: '2.0.0', strategy: { type: 'all_at_once' } };

/** Publishes a request. @returns its id, and the rollout's that docs/requests.md derives from it */
async function ask(type: string, body: unknown, org = 'acme'): Promise<{ request_id: string; rollout_id: string }> {
  count += 1;
  const request_id = `team_${count}`;
  // A team's user writes its own organization's requests only.
  const publisher = org === 'acme' ? team : await rollouts.standalone.team(org);
  expect(await publisher.request(org, request_id, type, body)).not.toHaveProperty('error');
  if (publisher !== team) publisher.close();
  return { request_id, rollout_id: rolloutIdOf(org, request_id) };
}

/** The event of a rollout that answers a request. */
async function answerTo(rollout_id: string, request_id: string, org = 'acme'): Promise<RolloutEvent> {
  const isAnswer = ({ type, data }: RolloutEvent): boolean =>
    !type.endsWith('Requested') && data['request_id'] === request_id;
  const { items } = await rollouts.standalone.eventually(
    () => rollouts.query<Page<RolloutEvent>>(`rollouts/${rollout_id}/events?limit=500`, 'viewer', org),
    ({ status, body }) => status === 200 && body.items.some(isAnswer),
  );
  return items.find(isAnswer)!;
}

/** A request as the read model has it. */
interface RequestRecord {
  state: 'open' | 'answered' | 'refused' | 'set_aside';
  code: string | null;
  detail: string | null;
  answer: { type: string } | null;
}

/** What became of a request. */
function fateOf(request_id: string, org = 'acme'): Promise<RequestRecord> {
  return rollouts.standalone.eventually(
    () => rollouts.query<RequestRecord>(`requests/${request_id}`, 'viewer', org),
    ({ status, body }) => status === 200 && body.state !== 'open',
  );
}

/** A fleet that the orchestrator knows of. */
async function ready(name: string, devices: number): Promise<[TunnelFleet, object]> {
  const fleet = await rollouts.fleet(name);
  await fleet.join(ids(devices, name));
  const body = { ...spec, target: { fleet: name } };
  await rollouts.planOf(body, ({ eligible }) => eligible === devices);
  return [fleet, body];
}

describe('a team that asks by event', () => {
  it('gets a rollout and steers it, each answer naming its request', async () => {
    const [fleet, body] = await ready('n_steer', 3);
    fleet.script = () => ({ fails: 'download-failed' });
    const strategy = { type: 'rolling', batch_size: 2 };
    const asked = await ask('RolloutRequested', {
      ...body,
      ...{ strategy, approval: 'start', failure: { count: 2 }, reason: 'release day', requested_by: 'team releases' },
    });
    const id = asked.rollout_id;
    const accepted = await answerTo(id, asked.request_id);
    expect(accepted).toMatchObject({ type: 'RolloutAccepted', causation_id: asked.request_id });
    expect(await rollouts.reaches(id, 'awaiting_approval')).toMatchObject({ requested_by: 'team releases' });
    const act = async (type: string, want: string, more: object = {}): Promise<RolloutEvent> => {
      const { request_id } = await ask(type, {
        rollout_id: id,
        reason: type,
        requested_by: 'ci',
        role: 'operator',
        ...more,
      });
      const answer = await answerTo(id, request_id);
      expect({ type: answer.type, cause: answer.causation_id }).toEqual({ type: want, cause: request_id });
      return answer;
    };
    await act('RolloutApproveRequested', 'RolloutApproved');
    await rollouts.reaches(id, 'paused');
    fleet.script = () => 'installs';
    await act('RolloutRetryRequested', 'RolloutRetried');
    await act('RolloutResumeRequested', 'RolloutResumed');
    await rollouts.reaches(id, 'completed');
    const refused = await act('RolloutPauseRequested', 'RolloutActionRefused');
    const from = { requested_by: 'ci', source: expect.stringMatching(/^\//) as string };
    expect(refused.data).toMatchObject({ action: 'pause', code: 'action-not-allowed', ...from });
    await act('RollbackRequested', 'RollbackTriggered');
    await rollouts.reaches(id, 'rolled_back');
    expect(new Set(Object.values(fleet.versions))).toEqual(new Set(['1.0.0']));
    const second = await ask('RolloutRequested', { ...body, start_at: new Date(Date.now() + 3_600_000).toISOString() });
    await rollouts.reaches(second.rollout_id, 'scheduled');
    const abort = await ask('RolloutAbortRequested', { rollout_id: second.rollout_id });
    expect(await answerTo(second.rollout_id, abort.request_id)).toMatchObject({ type: 'RolloutAborted' });
  });

  it('may send the same request twice, and in structured mode', async () => {
    const [fleet, body] = await ready('n_twice', 2);
    const { request_id, rollout_id } = await ask('RolloutRequested', body);
    expect(await team.request('acme', request_id, 'RolloutRequested', body)).toMatchObject({ duplicate: true });
    await rollouts.reaches(rollout_id, 'completed');
    // Without the header that the server removes duplicates by, it is a second message, of the same request.
    const bare = { 'ce-specversion': '1.0', 'ce-id': request_id, 'ce-source': '/team', 'ce-type': 'RolloutRequested' };
    const subject = `ota.acme.request.${request_id}.RolloutRequested`;
    expect(await team.publish(subject, bare, JSON.stringify(body))).not.toHaveProperty('error');
    // The second one has been looked at when a later one is answered.
    await ask('RolloutPauseRequested', { rollout_id: 'rol_none' }).then((later) => fateOf(later.request_id));
    expect(await rollouts.events(rollout_id, 'RolloutAccepted')).toHaveLength(1);
    expect(fleet.told).toHaveLength(2);
    expect(await fateOf(request_id)).toMatchObject({ state: 'answered', answer: { type: 'RolloutAccepted' } });
    const structured = {
      ...{ specversion: '1.0', id: 'structured_1', source: '/team', type: 'com.acme.RollbackRequested.v1' },
      ...{ datacontenttype: 'application/json', data: { rollout_id, reason: 'structured' } },
    };
    await team.publish(
      'ota.acme.request.structured_1.RollbackRequested',
      { 'content-type': 'application/cloudevents+json', 'Nats-Msg-Id': 'structured_1' },
      JSON.stringify(structured),
    );
    await rollouts.reaches(rollout_id, 'rolled_back');
  });

  it('rolls one device back, and is refused on the device’s stream where that leads nowhere', async () => {
    const [fleet, body] = await ready('n_device', 1);
    const { rollout_id } = await ask('RolloutRequested', body);
    await rollouts.reaches(rollout_id, 'completed');
    await ask('RollbackRequested', { device_id: 'n_device_01', reason: 'it hums' });
    type Record = { current_version: string; ota_status: string };
    await rollouts.standalone.eventually(
      () => rollouts.query<Record>('devices/n_device_01'),
      ({ body: { current_version, ota_status } }) => current_version === '1.0.0' && ota_status === 'completed',
    );
    const { request_id } = await ask('RollbackRequested', { device_id: 'n_device_01' });
    const { items } = await rollouts.standalone.eventually(
      () => rollouts.query<Page<RolloutEvent>>('devices/n_device_01/events?type=UpdateRejected'),
      ({ body: { items: rejected } }) => rejected.length === 1,
    );
    expect(items[0]?.data).toMatchObject({ request_id, code: 'no-good-version' });
    expect(fleet.told.map(({ frame }) => frame.version)).toEqual(['2.0.0', '1.0.0']);
  });

  it('sets and clears the window of a fleet', async () => {
    const [fleet, body] = await ready('n_window', 1);
    const minute = (new Date().getUTCMinutes() + 30) % 60;
    const set = await ask('FleetWindowRequested', {
      fleet: 'n_window',
      window: { cron: `${minute} * * * *`, duration_s: 60, time_zone: 'UTC' },
    });
    expect(await fateOf(set.request_id)).toMatchObject({ state: 'answered', answer: { type: 'FleetWindowChanged' } });
    const { rollout_id } = await ask('RolloutRequested', body);
    await rollouts.until(rollout_id, ({ waves }) => waves[0]?.state === 'running');
    expect(fleet.told).toEqual([]);
    await ask('FleetWindowRequested', { fleet: 'n_window' });
    await rollouts.reaches(rollout_id, 'completed');
  });
});

describe('a request that cannot be', () => {
  const target = { fleet: 'nowhere' };
  const wrong: [string, unknown][] = [
    ['a canary of 500 percent', { ...spec, target, strategy: { type: 'canary', percent: 500 } }],
    ['no version', { target, strategy: spec.strategy }],
    ['a version that is none', { ...spec, target, version: 'latest' }],
    ['an unknown member', { ...spec, target, colour: 'red' }],
    ['an unknown member deep inside', { ...spec, target, strategy: { type: 'canary', percent: 1, sucess_percent: 9 } }],
    ['no target', spec],
    ['two targets', { ...spec, target: { fleet: 'a', devices: ['b'] } }],
    ['an unreadable window', { ...spec, target, window: { cron: '1 2', duration_s: 1, time_zone: 'UTC' } }],
    ['a list as body', [{ ...spec, target }]],
    ['a text as body', 'please'],
    ['null as body', null],
    ['a number as body', 7],
    ['an empty body', {}],
  ];

  it.each(wrong)('%s is refused by an event with a code, and no rollout comes of it', async (_name, body) => {
    const { request_id, rollout_id } = await ask(
      'RolloutRequested',
      typeof body === 'string' ? JSON.stringify(body) : body,
    );
    expect(await fateOf(request_id)).toMatchObject({
      ...{ type: 'RolloutRequested', state: 'refused', answer: { type: 'RequestRefused' } },
      ...{ code: 'invalid-request', detail: expect.stringMatching(/\S/) as string },
    });
    expect(await rollouts.query(`rollouts/${rollout_id}`)).toMatchObject({ status: 404 });
  });

  it('a version that nobody uploaded is refused as such', async () => {
    const { request_id, rollout_id } = await ask('RolloutRequested', { ...spec, target, version: '77.0.0' });
    expect(await answerTo(rollout_id, request_id)).toMatchObject({
      type: 'RolloutRejected',
      data: { code: 'firmware-unknown' },
    });
  });

  const actions = ['Pause', 'Resume', 'Abort', 'Approve', 'Retry'].map((name) => `Rollout${name}Requested`);
  it.each([...actions, 'RollbackRequested'])('%s of a rollout that nobody knows, or of nothing', async (type) => {
    const unknown = await ask(type, { rollout_id: 'rol_none', reason: 'x' });
    expect(await answerTo('rol_none', unknown.request_id)).toMatchObject({
      type: 'RolloutActionRefused',
      data: { code: 'rollout-unknown' },
    });
    for (const body of [{}, [], { rollout_id: 7 }, { rollout_id: 'a.b' }, null]) {
      const { request_id } = await ask(type, body);
      expect(await fateOf(request_id)).toMatchObject({ state: 'refused', code: 'invalid-request' });
    }
  });

  it('a rollback of both, and a window that cannot be read', async () => {
    const both = await ask('RollbackRequested', { rollout_id: 'rol_both', device_id: 'dev_1' });
    expect(await fateOf(both.request_id)).toMatchObject({ state: 'refused', code: 'invalid-request' });
    for (const body of [
      {},
      { fleet: 'x', window: { cron: 'often', duration_s: 1, time_zone: 'UTC' } },
      { fleet: 'x', window: 7 },
    ]) {
      const { request_id } = await ask('FleetWindowRequested', body);
      expect(await fateOf(request_id)).toMatchObject({ state: 'refused', code: 'invalid-request' });
    }
  });

  it('another organization’s rollout is not there', async () => {
    const [, body] = await ready('n_foreign', 1);
    const { rollout_id } = await ask('RolloutRequested', {
      ...body,
      start_at: new Date(Date.now() + 3_600_000).toISOString(),
    });
    await rollouts.reaches(rollout_id, 'scheduled');
    const foreign = await ask('RolloutAbortRequested', { rollout_id }, 'globex');
    expect(await answerTo(rollout_id, foreign.request_id, 'globex')).toMatchObject({
      data: { code: 'rollout-unknown' },
    });
    await sleep(500);
    expect((await rollouts.until(rollout_id, () => true)).state).toBe('scheduled');
  });

  it('devices of which none is registered are not stored', async () => {
    const { request_id } = await ask('RolloutRequested', {
      ...{ ...spec, target: { devices: Array.from({ length: 10_000 }, (_, n) => `nobody_${n}`) } },
    });
    expect(await fateOf(request_id)).toMatchObject({ state: 'refused', code: 'target-empty' });
  });

  it('what is no event at all is refused, and the rest goes on', async () => {
    const [, body] = await ready('n_aside', 1);
    for (const text of ['{', '', '\u0000', '{"version":']) {
      count += 1;
      await team.request('acme', `team_${count}`, 'RolloutRequested', text);
      expect(await fateOf(`team_${count}`)).toMatchObject({ state: 'refused', code: 'event-invalid' });
    }
    await team.request('acme', 'team_odd', 'RolloutExploded', { any: 'thing' });
    await team.request('acme', 'team_type', 'RolloutRequested', body, { 'ce-type': 'UpdateRequested' });
    await team.publish('ota.acme.request.team_bare.RolloutRequested', {}, JSON.stringify(body));
    for (const id of ['team_odd', 'team_type', 'team_bare']) {
      expect(await fateOf(id)).toMatchObject({ state: 'refused', code: 'event-invalid' });
    }
    const { rollout_id } = await ask('RolloutRequested', body);
    await rollouts.reaches(rollout_id, 'completed');
  });
});
