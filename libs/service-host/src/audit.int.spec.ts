import { Refused, type OtaEvent } from '@edgeflow/contracts';
import { counter } from '@edgeflow/telemetry';
import { newSecret, secretTokenOf } from '@edgeflow/identity';
import { systemEntropy, systemMachine } from '@edgeflow/runtime';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit } from './audit-hook.js';
import { AuditTrail } from './audit-trail.js';
import { GOOD_CLAIM, Hosted, ask, type Answer } from './hosted.fixture.js';
import type { RunningService } from './index.js';

let hosted: Hosted;
let service: RunningService;

beforeAll(async () => {
  hosted = await Hosted.open();
  service = await hosted.start();
});
afterAll(() => hosted.stop());

const HATS = '/hats/v1/hats';

async function add(org: string, role: 'operator' | 'viewer', hat: object, headers = {}): Promise<Answer> {
  const authorization = `Bearer ${await hosted.token(org, role)}`;
  return ask(service, `${HATS}?x=1`, { method: 'POST', authorization, body: JSON.stringify(hat), ...headers });
}

async function look(org: string, path: string): Promise<Answer> {
  return ask(service, HATS + path, { authorization: `Bearer ${await hosted.token(org, 'viewer')}` });
}

describe('the audit trail', () => {
  it('says who did what, from where, why and with what outcome, when the answer is there', async () => {
    const headers = { 'x-request-id': 'r-7', 'user-agent': 'spec/1', 'x-forwarded-for': '192.0.2.7' };
    await add('org_1', 'operator', { name: 'bowler', reason: 'it rains' }, headers);
    expect(await hosted.trail('org_1')).toEqual([
      {
        service: 'hatter',
        actor: { kind: 'member', subject: 'ann', roles: ['operator'] },
        action: 'POST /hats/v1/hats',
        resource: '/hats/v1/hats',
        ...{ reason: 'it rains', outcome: 'succeeded', status: 201 },
        from: { ip: '192.0.2.7', user_agent: 'spec/1' },
        request_id: 'r-7',
      },
    ]);
  });

  it('takes two requests of one id for two', async () => {
    for (let n = 0; n < 2; n++) await add('org_2', 'operator', { name: 'bowler' }, { 'x-request-id': 'same' });
    expect(await hosted.trail('org_2')).toHaveLength(2);
  });

  it('has every change that was tried, with what became of it', async () => {
    await add('org_3', 'operator', { name: 'taken' });
    await add('org_3', 'operator', { name: 'broken' });
    await add('org_3', 'operator', { name: 17 });
    await add('org_3', 'viewer', { name: 'bowler' });
    expect((await hosted.trail('org_3')).map(({ outcome, status, code }) => [outcome, status, code])).toEqual([
      ['refused', 409, 'conflict'],
      ['failed', 500, 'internal-error'],
      ['refused', 400, 'invalid-request'],
      ['denied', 403, 'forbidden'],
    ]);
  });

  it('has reads that were denied and things that are not the own, and no other reads', async () => {
    await look('org_4', '');
    await look('org_4', '/mine');
    await look('org_4', '/theirs');
    await look('org_4', '/secret');
    await look('org_4', '/no/such/route');
    expect(
      (await hosted.trail('org_4')).map(({ action, resource, outcome, code }) => [action, resource, outcome, code]),
    ).toEqual([
      ['GET /hats/v1/hats/:id', '/hats/v1/hats/theirs', 'denied', 'device-unknown'],
      ['GET /hats/v1/hats/secret', '/hats/v1/hats/secret', 'denied', 'forbidden'],
    ]);
  });

  it('holds no secrets, wherever people put them', async () => {
    const secret = newSecret(systemEntropy);
    const key = secretTokenOf('efk', { org: 'org_5', id: 'key_1', secret });
    await add('org_5', 'operator', { name: 'bowler', reason: `leaked: ${key}` }, { 'user-agent': `curl ${key}` });
    await look('org_5', `/${key}`);
    const trail = await hosted.trail('org_5');
    expect(trail).toHaveLength(2);
    expect(JSON.stringify(trail)).not.toContain(secret);
  });

  it('has nothing of those who only claim to be of the organization', async () => {
    const claim = (secret: string): Promise<Answer> =>
      ask(service, `${HATS}/claimed`, {
        ...{ method: 'POST', body: '{}' },
        authorization: `Claim ${secretTokenOf('efc', { org: 'org_6', id: 'clm_1', secret })}`,
      });
    expect((await claim(newSecret(systemEntropy))).status).toBe(401);
    expect(await hosted.trail('org_6')).toEqual([]);
    expect((await claim(GOOD_CLAIM)).status).toBe(201);
    expect((await hosted.trail('org_6')).map(({ actor }) => actor)).toEqual([
      { kind: 'device-claim', subject: 'claim:clm_1', roles: [] },
    ]);
  });

  it('is not flooded by denials, and counts what it leaves out', async () => {
    for (let n = 0; n < 70; n++) await look('org_7', `/${n}`);
    const trail = await hosted.trail('org_7');
    // Two windows of a minute at most.
    expect(trail.length).toBeGreaterThanOrEqual(60);
    expect(trail.length).toBeLessThanOrEqual(70);
    await add('org_7', 'operator', { name: 'bowler' });
    await expect.poll(async () => (await hosted.trail('org_7')).at(-1)?.outcome).toBe('succeeded');
    const after = await hosted.trail('org_7');
    const left_out = after.reduce((sum, { suppressed = 0 }) => sum + suppressed, 0);
    expect(after.length + left_out).toBe(71);
  });
});

describe('denials that are held back', () => {
  it('are told of at the end of their minute, also when nothing follows', async () => {
    const trail = new AuditTrail(hosted.log, 'hatter', systemMachine, { denials: 2, window_ms: 2_000 });
    const who = { actor: { kind: 'member' as const, subject: 'eve', roles: [] }, from: { ip: '192.0.2.1' } };
    const what = { action: 'GET /x', resource: '/x', outcome: 'denied' as const, status: 403, request_id: 'r' };
    for (let n = 0; n < 10; n++) await trail.record({ org: 'org_9', name: 'eve' }, { ...who, ...what });
    const told = async (): Promise<number> =>
      (await hosted.trail('org_9')).reduce((sum, { suppressed = 0 }) => sum + suppressed + 1, 0);
    await expect.poll(told, { timeout: 10_000 }).toBe(10);
    expect((await hosted.trail('org_9')).length).toBeLessThan(10);
  });
});

describe('a log that is away', () => {
  const lost = counter({ name: 'edgeflow_audit_lost_total', help: '' });
  const count = async () => (await lost.get()).values[0]?.value ?? 0;
  const statuses = async (org: string) => (await hosted.trail(org)).map(({ status }) => status);

  it('keeps no denial back, and has it when it is there again', async () => {
    await hosted.nats.kill();
    expect((await look('org_8', '/theirs')).status).toBe(404);
    await hosted.nats.restart();
    await expect.poll(() => statuses('org_8'), { timeout: 20_000 }).toEqual([404]);
    expect(await count()).toBe(0);
  });

  it('lets nobody hear that something is done before it is in the trail', async () => {
    await hosted.nats.kill();
    const waiting = add('org_10', 'operator', { name: 'bowler' });
    const { status, headers, body } = await waiting;
    expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'log-unavailable' });
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(headers.get('retry-after')).toBe('1');
    await hosted.nats.restart();
    await expect.poll(() => statuses('org_10'), { timeout: 20_000 }).toEqual([201]);
    expect((await add('org_10', 'operator', { name: 'bowler' })).status).toBe(201);
    expect(await statuses('org_10')).toEqual([201, 201]);
    expect(await count()).toBe(0);
  });

  it('does not lose what waits when the service stops, as far as it comes back in time', async () => {
    const other = await hosted.start();
    await hosted.nats.kill();
    const authorization = `Bearer ${await hosted.token('org_11', 'viewer')}`;
    await ask(other, `${HATS}/theirs`, { authorization });
    const stopped = other.stop();
    await hosted.nats.restart();
    await stopped;
    expect(await statuses('org_11')).toEqual([404]);
  });
});

describe('many actions at once', () => {
  const who = { actor: { kind: 'member' as const, subject: 'eve', roles: [] }, from: { ip: '192.0.2.1' } };
  const what = { action: 'POST /x', resource: '/x', outcome: 'succeeded' as const, status: 201 };
  const many = (count: number) => Array.from({ length: count }, (_, n) => ({ ...who, ...what, request_id: `r-${n}` }));

  it('are all in the trail, in their order, in appends of many', async () => {
    let appends = 0;
    const { clock, ids } = hosted.log;
    const log = { clock, ids, record: (...events: OtaEvent[]) => (appends++, hosted.log.record(...events)) };
    const trail = new AuditTrail(log, 'hatter', systemMachine);
    const actions = many(1_700);
    const there = await Promise.all(actions.map((action) => trail.record({ org: 'org_12', name: 'eve' }, action)));
    expect(new Set(there)).toEqual(new Set([true]));
    expect((await hosted.trail('org_12')).map(({ request_id }) => request_id)).toEqual(
      actions.map(({ request_id }) => request_id),
    );
    expect(appends).toBeLessThan(10);
  });

  it('are each in the trail once when the log has taken them and its answer was lost', async () => {
    const { clock, ids } = hosted.log;
    let failures = 0;
    const record = async (...events: OtaEvent[]) => {
      const appended = await hosted.log.record(...events);
      if (failures++ % 2 === 0) throw new Refused('log-unavailable');
      return appended;
    };
    const trail = new AuditTrail({ clock, ids, record }, 'hatter', systemMachine);
    await Promise.all(many(200).map((action) => trail.record({ org: 'org_13', name: 'eve' }, action)));
    expect(await hosted.trail('org_13')).toHaveLength(200);
  });

  it('do not suffer from one that the log does not take', async () => {
    const trail = new AuditTrail(hosted.log, 'hatter', systemMachine);
    const there = many(100).map((action, n) =>
      trail.record({ org: n === 50 ? 'no org' : 'org_14', name: 'eve' }, action),
    );
    expect((await Promise.all(there)).filter((isThere) => !isThere)).toHaveLength(1);
    expect(await hosted.trail('org_14')).toHaveLength(99);
  });

  it('end where more would wait for the log than may: nothing is begun then, and reads go on', async () => {
    const { clock, ids } = hosted.log;
    const { promise: back, resolve: comeBack } = Promise.withResolvers<void>();
    const record = (...events: OtaEvent[]) => back.then(() => hosted.log.record(...events));
    const trail = new AuditTrail({ clock, ids, record }, 'hatter', systemMachine);
    const server = fastify();
    audit(server, trail, systemMachine.clock);
    let begun = 0;
    server.post('/x', () => ({ begun: ++begun }));
    server.get('/x', () => ({ begun }));
    const there = many(10_000).map((action) => trail.record({ org: 'org_15', name: 'eve' }, action));
    const refused = await server.inject({ method: 'POST', url: '/x' });
    expect([refused.statusCode, refused.json()]).toEqual([503, expect.objectContaining({ code: 'log-unavailable' })]);
    expect((await server.inject('/x')).json()).toEqual({ begun: 0 });
    comeBack();
    await Promise.all(there);
    expect((await server.inject({ method: 'POST', url: '/x' })).json()).toEqual({ begun: 1 });
    await server.close();
    await expect.poll(async () => (await hosted.trail('org_15')).length, { timeout: 20_000 }).toBe(10_000);
  });
});
