import { counter } from '@edgeflow/telemetry';
import { newSecret, secretTokenOf } from '@edgeflow/identity';
import { systemClock, systemEntropy } from '@edgeflow/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    const trail = new AuditTrail(hosted.log, 'hatter', systemClock, { denials: 2, window_ms: 2_000 });
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
  it('keeps no answer back, and is counted', async () => {
    const lost = counter({ name: 'edgeflow_audit_lost_total', help: '' });
    const before = (await lost.get()).values[0]?.value ?? 0;
    await hosted.nats.kill();
    expect((await look('org_8', '/theirs')).status).toBe(404);
    expect((await lost.get()).values[0]?.value).toBe(before + 1);
    await hosted.nats.restart();
    await expect
      .poll(async () => (await look('org_8', '/theirs'), (await hosted.trail('org_8')).length), { timeout: 20_000 })
      .toBeGreaterThan(0);
  });
});
