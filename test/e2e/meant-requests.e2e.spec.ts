import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ids, rolloutIdOf, Rollouts, type Page, type RolloutEvent } from './rollouts.harness.js';
import { imageOf } from './standalone.harness.js';

let rollouts: Rollouts;

beforeAll(async () => {
  rollouts = await Rollouts.start();
});
afterAll(() => rollouts.dispose());
afterEach(() => {
  expect(rollouts.errors).toEqual([]);
  rollouts.hangUp();
});

const allAtOnce = { version: '2.0.0', strategy: { type: 'all_at_once' } };

/** What a rollout, a device or a request says of who asked. */
interface Asked {
  state: string;
  code: string | null;
  request_id: string;
  requested_by: string | null;
  source: string | null;
  spec: object | null;
}

describe('a request that cannot be meant', () => {
  it('starts nothing: a misspelt dry run, a day that no year has, a fleet that nobody is in', async () => {
    const fleet = await rollouts.fleet('m_slip');
    await fleet.join(ids(2, 'm_slip'));
    const body = { ...allAtOnce, target: { fleet: 'm_slip' } };
    await rollouts.planOf(body, ({ eligible }) => eligible === 2);
    const misspelt = await rollouts.post('rollouts?dryrun=true', body);
    expect(misspelt).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    expect(misspelt.body.detail).toContain('dryrun');
    expect(misspelt.body.detail).toContain('did you mean dry_run?');
    for (const start_at of ['2027-02-29T00:00:00Z', '2027-03-01T24:61:00Z', '2027-03-01T02:00:00']) {
      const answer = await rollouts.post('rollouts', { ...body, start_at });
      expect(answer, start_at).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
      expect(answer.body.detail).toContain('start_at must be a time that exists');
    }
    const wrong = await rollouts.post('rollouts', { ...body, version: 'v2' });
    expect(wrong.body.detail).toBe('version must be a semantic version, like 1.3.0');
    for (const path of ['rollouts', 'rollouts?dry_run=true']) {
      const answer = await rollouts.post(path, { ...body, target: { fleet: 'm_slpi' } });
      expect(answer).toMatchObject({ status: 409, body: { code: 'target-empty' } });
    }
    expect(fleet.told).toEqual([]);
  });

  it('is refused when its body does not say that it is JSON', async () => {
    const { http_origin } = await rollouts.standalone.look();
    const authorization = `Bearer ${await rollouts.standalone.token('acme', 'operator')}`;
    const body = new TextEncoder().encode(JSON.stringify({ device_id: 'x', version: '1.0.0' }));
    const answer = await fetch(`${http_origin}/orchestrator/v1/updates`, {
      method: 'POST',
      headers: { authorization },
      body,
    });
    expect(answer.status).toBe(415);
    expect(await answer.json()).toMatchObject({ code: 'media-type-unsupported' });
  });
});

describe('who asked', () => {
  it('is the team in what is done on its request, and whom that names stays its word', async () => {
    const fleet = await rollouts.fleet('m_word');
    await fleet.join(ids(1, 'm_word'));
    const start_at = new Date(Date.now() + 3_600_000).toISOString();
    const id = await rollouts.start({ ...allAtOnce, target: { fleet: 'm_word' }, start_at }, 1);
    const team = await rollouts.standalone.team('acme');
    const word = { requested_by: 'operator@acme', role: 'admin', reason: 'forged' };
    await team.request('acme', 'word_1', 'RolloutPauseRequested', { rollout_id: id, ...word });
    team.close();
    const { waiting_for } = await rollouts.until(id, ({ state }) => state === 'paused');
    const { source } = (await rollouts.query<Asked>('requests/word_1')).body;
    expect(waiting_for).toMatchObject([{ reason: 'operator', by: source, stated: 'operator@acme', why: 'forged' }]);
    const { items } = (await rollouts.query<Page<RolloutEvent & { text: string }>>(`rollouts/${id}/why`)).body;
    expect(items[0]).toMatchObject({
      type: 'RolloutPaused',
      data: { source },
      text: `${source} (in its words: operator@acme, admin) paused the rollout: forged.`,
    });
    await rollouts.act(id, 'abort');
  });

  it('stands in the request, the rollout, the device and in every why, by event and by HTTP', async () => {
    const fleet = await rollouts.fleet('m_who');
    await fleet.join(ids(1, 'm_who'));
    const body = { ...allAtOnce, target: { fleet: 'm_who' } };
    await rollouts.planOf(body, ({ eligible }) => eligible === 1);
    const team = await rollouts.standalone.team('acme');
    await team.request('acme', 'who_1', 'RolloutRequested', { ...body, requested_by: 'release train' });
    team.close();
    const id = rolloutIdOf('acme', 'who_1');
    await rollouts.reaches(id, 'completed');
    const { body: request } = await rollouts.query<Asked>('requests/who_1');
    const source = request.source!;
    expect(source).not.toBe('/rollout-orchestrator');
    const asked = { requested_by: 'release train', source };
    expect((await rollouts.query<Asked>(`rollouts/${id}`)).body).toMatchObject({ request_id: 'who_1', ...asked });
    expect((await rollouts.query<Asked>('devices/m_who_01')).body).toMatchObject(asked);
    for (const path of [`rollouts/${id}/why`, 'devices/m_who_01/why']) {
      const { items } = (await rollouts.query<Page<RolloutEvent & { source: string }>>(path)).body;
      expect(items.findLast(({ type }) => type === 'RolloutRequested')).toMatchObject({ source });
    }
    const refused = await rollouts.post<{ request_id: string; http_request_id: string }>('rollouts', {
      ...body,
      version: '9.0.0',
    });
    expect(refused.status).toBe(404);
    const { request_id } = refused.body;
    const mine = { source: expect.stringMatching(/^http:./) as string, requested_by: expect.any(String) as string };
    const rejected = await rollouts.standalone.eventually(
      () => rollouts.query<Asked>(`rollouts/${rolloutIdOf('acme', request_id)}`),
      ({ status }) => status === 200,
    );
    expect(rejected).toMatchObject({ state: 'rejected', code: 'firmware-unknown', request_id, ...mine });
    expect(rejected.spec).toMatchObject({ version: '9.0.0', target: { fleet: 'm_who' } });
    expect((await rollouts.query<Asked>(`requests/${request_id}`)).body).toMatchObject({ state: 'refused', ...mine });
  });
});

describe('a gate', () => {
  it('is gone over with a reason only', async () => {
    const fleet = await rollouts.fleet('m_gate');
    await fleet.join(ids(2, 'm_gate'));
    fleet.script = () => ({ fails: 'install-failed' });
    const strategy = { type: 'canary', count: 1, success_percent: 100 };
    const id = await rollouts.start({ version: '2.0.0', strategy, target: { fleet: 'm_gate' } }, 2);
    await rollouts.reaches(id, 'paused');
    expect(await rollouts.post(`rollouts/${id}/resume`, {})).toMatchObject({
      status: 400,
      body: { code: 'reason-required' },
    });
    expect(await rollouts.post(`rollouts/${id}/resume`, { reason: 'known to be broken' })).toMatchObject({
      status: 202,
    });
  });
});

describe('an upload', () => {
  it('takes its fields from files too, as curl -F manifest=@file sends them', async () => {
    const image = imageOf();
    const { standalone } = rollouts;
    const stated = { version: '1.0.0', models: 'm_files' };
    const size = image.bytes.length;
    const manifest = await standalone.sign('acme', { ...stated, sha256: image.sha256, size, release_counter: 1 });
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...stated, sha256: image.sha256, manifest })) {
      form.set(name, new Blob([`${value}\n`]), `${name}.txt`);
    }
    form.set('file', new Blob([new Uint8Array(image.bytes)]), 'image.bin');
    const authorization = `Bearer ${await standalone.token('acme', 'publisher')}`;
    const { http_origin } = await standalone.look();
    const init = { method: 'POST', headers: { authorization }, body: form };
    const answer = await fetch(`${http_origin}/registry/v1/firmware`, init);
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ version: '1.0.0', models: ['m_files'], signed_by: expect.any(String) });
  });
});
