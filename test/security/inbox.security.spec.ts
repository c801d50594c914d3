import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NatsPublisher, type Heard } from '../e2e/nats-publisher.js';
import { imageOf, type Answer } from '../e2e/standalone.harness.js';
import { eventsOf } from './events-of.js';
import { TwoOrgs } from './two-orgs.harness.js';

/** A request as the read model has it. */
interface RequestRecord {
  state: string;
  code: string | null;
  answer: { type: string } | null;
}

const TYPES = [
  ...['UpdateRequested', 'RolloutRequested', 'RolloutPauseRequested', 'RolloutResumeRequested', 'RollbackRequested'],
  ...['RolloutAbortRequested', 'RolloutApproveRequested', 'RolloutRetryRequested', 'FleetWindowRequested'],
];
const DEVICE = 'dev_globex';

let world: TwoOrgs;
let acme: NatsPublisher;
let globex: NatsPublisher;
let heard: Heard[];
let count = 0;

beforeAll(async () => {
  world = await TwoOrgs.start();
  acme = await world.standalone.team('acme');
  globex = await world.standalone.team('globex');
  heard = acme.hear('answers.acme.>');
});
afterAll(async () => {
  acme.close();
  globex.close();
  await world.dispose();
});

const nextId = (): string => `atk_${(count += 1)}`;

/** What became of a request, once something has. */
function fateOf(request_id: string, org = 'acme'): Promise<RequestRecord> {
  return world.standalone.eventually(
    () => world.standalone.ask<RequestRecord>(org, 'viewer', 'GET', `/query/v1/requests/${request_id}`),
    ({ status, body }) => status === 200 && body.state !== 'open',
  );
}

/** The answers that acme's team heard to a request, once there is one. */
async function answersTo(request_id: string): Promise<Heard[]> {
  const found = await world.standalone.eventually(
    () => Promise.resolve({ status: 200, body: heard.filter(({ subject }) => subject.split('.')[2] === request_id) }),
    ({ body }) => body.length > 0,
  );
  return found;
}

/** Services that do not say that all is well. */
async function unready(): Promise<unknown[]> {
  const answers: Answer<unknown>[] = await Promise.all(
    ['registry', 'orchestrator', 'gateway', 'query'].map(async (prefix) => {
      const response = await fetch(new URL(`/${prefix}/readyz`, world.standalone.endpoints.http_origin));
      return { status: response.status, body: await response.json() };
    }),
  );
  return answers.filter(({ status }) => status !== 200);
}

/** Nested 2,500 deep, in 102 kB. */
function deepRollout(): string {
  const strategy = `${'{"type":"canary","percent":1,"then":'.repeat(2_500)}{"type":"all_at_once"}${'}'.repeat(2_500)}`;
  return `{"version":"2.0.0","target":{"fleet":"f"},"strategy":${strategy}}`;
}

describe('a request that nobody can read', () => {
  const bodies: [string, string][] = [
    ['nothing', ''],
    ['no JSON', '{'],
    ['NUL', '\u0000'],
    ['lists, 2,500 deep', `${'['.repeat(2_500)}${']'.repeat(2_500)}`],
    ['no object', '7'],
    ['an object of nothing', '{}'],
  ];
  it.each(TYPES)('%s is refused with a code, heard and kept', async (type) => {
    for (const [what, body] of bodies) {
      const id = nextId();
      await acme.request('acme', id, type, body);
      const [answer] = await answersTo(id);
      expect(answer?.subject, what).toBe(`answers.acme.${id}.RequestRefused`);
      expect(JSON.parse(answer!.body)).toMatchObject({
        request_id: id,
        type,
        code: expect.stringMatching(/invalid/) as string,
      });
      expect(await fateOf(id), what).toMatchObject({ state: 'refused', answer: { type: 'RequestRefused' } });
    }
  });

  it('is refused when its ids differ, and under an id that is none', async () => {
    const id = nextId();
    await acme.request('acme', id, 'UpdateRequested', {}, { 'Nats-Msg-Id': 'other' });
    expect(JSON.parse((await answersTo(id))[0]!.body)).toMatchObject({ code: 'request-id-mismatch' });
    const odd = `${nextId()}=odd`;
    await acme.request('acme', odd, 'UpdateRequested', { device_id: 'dev_acme', version: '1.0.0' });
    expect(JSON.parse((await answersTo(odd))[0]!.body)).toMatchObject({ code: 'subject-invalid' });
  });

  it('changes nothing of the request whose id it has', async () => {
    const id = nextId();
    await acme.request('acme', id, 'UpdateRequested', { device_id: 'dev_acme', version: '9.9.9' });
    expect(await fateOf(id)).toMatchObject({ state: 'refused', code: 'firmware-unknown' });
    for (const body of ['{', { device_id: 'dev_acme', version: '8.8.8' }]) {
      await acme.request('acme', id, 'UpdateRequested', body, { 'Nats-Msg-Id': id, 'x-try': String(count) });
    }
    const later = nextId();
    await acme.request('acme', later, 'UpdateRequested', '{');
    await fateOf(later);
    expect(await fateOf(id)).toMatchObject({ code: 'firmware-unknown', answer: { type: 'UpdateRejected' } });
  });
});

describe('a team that looks for others', () => {
  it('is told nothing of them by an expectation', async () => {
    for (const stream of ['ota.globex.>', 'inbox.globex.>', `ota.globex.device.${DEVICE}.>`]) {
      const ack = await acme.request('acme', nextId(), 'UpdateRequested', '{}', {
        'Nats-Expected-Last-Subject-Sequence': '99',
        'Nats-Expected-Last-Subject-Sequence-Subject': stream,
      });
      expect(ack.error?.description, stream).toBe('wrong last sequence: 0');
    }
  });

  it('hears nothing of them', async () => {
    for (const subject of ['answers.globex.>', 'answers.>', 'ota.>', 'inbox.>', '_INBOX_publisher-globex.>', '>']) {
      const spy = await world.standalone.team('acme');
      const found = spy.hear(subject);
      expect(await spy.refusal(), subject).toContain('Permissions Violation');
      expect(found).toEqual([]);
      spy.close();
    }
  });

  it('reaches none of them with the reply of a publish', async () => {
    const answers = globex.hear('answers.globex.>');
    for (const reply of [
      'answers.globex.req_1.UpdateDispatched',
      'ota.globex.request.forged_1.RolloutAbortRequested',
      'inbox.globex.forged_1.RolloutAbortRequested',
    ]) {
      acme.send(`ota.acme.request.${nextId()}.UpdateRequested`, {}, 'x', reply);
    }
    const last = nextId();
    await acme.request('acme', last, 'UpdateRequested', '{}');
    await answersTo(last);
    expect(answers).toEqual([]);
    const path = '/query/v1/requests/forged_1';
    expect(await world.standalone.ask('globex', 'viewer', 'GET', path)).toMatchObject({ status: 404 });
  });
});

describe('a team that sends all it can', () => {
  it('keeps nobody else from anything, and is answered when it comes to its senses', async () => {
    const upload = await world.standalone.upload('globex', imageOf(4_096), {
      version: '3.0.0',
      models: 'model-globex',
    });
    expect(upload.status).toBe(201);
    const before = await eventsOf(world.standalone);
    let attacking = true;
    const flood = (async (): Promise<void> => {
      while (attacking) {
        const large = `{"device_id":"nobody","version":"1.0.0","filling":"${'x'.repeat(900_000)}"}`;
        const fitting = `{"device_id":"nobody","version":"1.0.0","filling":"${'x'.repeat(700_000)}"}`;
        await Promise.all([
          acme.request('acme', nextId(), 'RolloutRequested', deepRollout()).catch(() => undefined),
          ...Array.from({ length: 2 }, () => acme.request('acme', nextId(), 'UpdateRequested', large)),
          ...Array.from({ length: 5 }, () => acme.request('acme', nextId(), 'UpdateRequested', fitting)),
          ...Array.from({ length: 500 }, (_, n) => acme.request('acme', nextId(), TYPES[n % TYPES.length]!, '{')),
        ]);
      }
    })();
    const asked: string[] = [];
    for (let n = 0; n < 40; n++) {
      const id = `good_${n}`;
      const request = { device_id: DEVICE, version: '3.0.0', when_offline: 'reject' };
      expect(await globex.request('globex', id, 'UpdateRequested', request)).not.toHaveProperty('error');
      asked.push(id);
      const answer = await world.standalone.ask<{ code?: string }>(
        'globex',
        'operator',
        'POST',
        '/orchestrator/v1/updates',
        request,
      );
      expect(answer.body.code).toBe('device-offline');
      expect(await unready()).toEqual([]);
      await sleep(100);
    }
    attacking = false;
    await flood;
    for (const id of asked) expect(await fateOf(id, 'globex')).toMatchObject({ code: 'device-offline' });
    const after = nextId();
    await acme.request('acme', after, 'UpdateRequested', { device_id: 'dev_acme', version: '9.9.9' });
    expect(await fateOf(after)).toMatchObject({ state: 'refused', code: 'firmware-unknown' });
    expect(await unready()).toEqual([]);
    // A minute's budget and a little, however much was sent; and every one of globex's requests.
    const grown = (await eventsOf(world.standalone)).slice(before.length);
    expect(grown.filter(({ org }) => org === 'acme').length).toBeLessThan(6_000);
    const requests = grown.filter(({ org, type }) => org === 'globex' && type === 'UpdateRequested');
    expect(requests).toHaveLength(80);
    const rejected = grown.filter(({ org, type }) => org === 'globex' && type === 'UpdateRejected');
    expect(rejected).toHaveLength(80);
  });
});
