import {
  LogComparison,
  TrailCheck,
  chain,
  emptyHead,
  entryOf,
  type AuditEntry,
  type ChainedEntry,
  type Finding,
} from '@edgeflow/audit';
import type { RunningService } from '@edgeflow/service-host';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { happened, storyOf } from '../testing/device-story.fixture.js';
import { World } from '../testing/running-projection.fixture.js';

let world: World;
let projection: RunningService;
let database: string;
let count = 0;

beforeAll(async () => {
  world = await World.open();
  database = await world.postgres.freshDatabase();
  projection = await world.start(database);
});
afterAll(() => world.close());

/** Somebody does so many things at the registry. @returns the position of the last */
async function actions(org: string, many: number, subject = 'ann'): Promise<number> {
  const events = Array.from({ length: many }, () => {
    count += 1;
    const actor = { kind: 'member' as const, subject, roles: ['publisher'] };
    const about = { service: 'spec', actor, action: 'POST /x', resource: `/x/${count}`, request_id: `r-${count}` };
    const data = { ...about, outcome: 'succeeded' as const, status: 201, from: { ip: '127.0.0.1' } };
    return happened({ org, entity: 'audit', entity_id: 'spec' }, { type: 'ActionRecorded', data });
  });
  return world.writer.tell(...events);
}

const get = (path: string, org = 'acme', role: 'auditor' | 'admin' | 'viewer' = 'auditor') =>
  world.get(projection, `/query/v1/audit${path}`, org, role);

/** A whole trail, as a verifier reads it. */
async function lines(org: string): Promise<ChainedEntry[]> {
  const found: ChainedEntry[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body } = await get(`?order=asc&limit=7${cursor && `&cursor=${cursor}`}`, org);
    found.push(...body.items.map((line) => ({ ...line, org }) as unknown as ChainedEntry));
    cursor = body.next_cursor;
  }
  return found;
}

async function check(org: string): Promise<Finding[]> {
  const one = new TrailCheck(org);
  for (const line of await lines(org)) one.line(line);
  const { seq, hash } = (await get('/head', org)).body as unknown as { seq: number; hash: string };
  one.compareEnd({ org, seq, hash });
  return one.findings;
}

/** The trail beside the one that the log makes. */
async function compare(org: string): Promise<Finding[]> {
  const comparison = new LogComparison();
  for (const line of await lines(org)) comparison.fromTrail(line);
  const entries: AuditEntry[] = [];
  for await (const event of world.writer.log.scan([`ota.${org}.>`])) {
    const entry = entryOf(event);
    if (entry) entries.push(entry);
  }
  for (const line of chain(emptyHead(org), entries)) comparison.fromLog(line);
  comparison.end();
  return comparison.findings;
}

/** As somebody does who keeps PostgreSQL from telling the fold. */
const change = (sql: string, org: string) =>
  world.sql(database, async (client) => {
    await client.query(`SET edgeflow.folding TO 'on'`);
    await client.query(sql, [org]);
  });

describe('the audit trail', () => {
  it('has a line for every deed, of its own organization, in the order of the log', async () => {
    await actions('acme', 20);
    const last = await actions('globex', 3);
    const { body } = await get(`?after=${last}&order=asc&limit=500`);
    expect(body.items.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(body.items[0]).toMatchObject({ actor: 'ann', action: 'POST /x', status: 201, prev_hash: '0'.repeat(64) });
    expect(body.items[0]).not.toHaveProperty('org');
    expect((await get('', 'globex')).body.items).toHaveLength(3);
    expect(await check('acme')).toEqual([]);
  });

  it('tells of what is asked by event, and of devices that come and go for good', async () => {
    const device = storyOf('dev_1', 'initech');
    const last = await world.writer.tell(device.registered(), device.requested(1, '1.1.0'), device.connected());
    const { body } = await get(`?after=${last}&order=asc`, 'initech');
    expect(body.items.map(({ action }) => action)).toEqual(['DeviceRegistered', 'UpdateRequested']);
  });

  it('is for admins and auditors', async () => {
    expect((await get('', 'acme', 'admin')).status).toBe(200);
    expect(await get('', 'acme', 'viewer')).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await get('/head', 'acme', 'viewer')).status).toBe(403);
  });

  it('is searched by who, what and when', async () => {
    await actions('hooli', 2, 'ann');
    const last = await actions('hooli', 3, 'bob');
    const found = async (query: string) => (await get(`?after=${last}&${query}`, 'hooli')).body.items;
    expect(await found('actor=bob')).toHaveLength(3);
    expect(await found('outcome=denied')).toHaveLength(0);
    expect(await found('action=POST%20/x')).toHaveLength(5);
    const [newest] = await found('limit=1');
    expect(await found(`from=${String(newest?.['time'])}`)).toHaveLength(1);
    expect(await found(`to=${String(newest?.['time'])}`)).toHaveLength(4);
    expect((await get('?from=soon')).status).toBe(400);
  });
});

describe('a trail in a database that somebody else writes to', () => {
  it.each<[string, string, Finding[]]>([
    ['an altered line', `UPDATE audit SET actor = 'x' WHERE org = $1 AND seq = 4`, [{ problem: 'altered', seq: 4 }]],
    ['a deleted line', `DELETE FROM audit WHERE org = $1 AND seq = 4`, [{ problem: 'missing', from: 4, to: 4 }]],
    ['a cut tail', `DELETE FROM audit WHERE org = $1 AND seq > 7`, [{ problem: 'missing', from: 8, to: 9 }]],
  ])('shows %s', async (name, sql, findings) => {
    const org = name.replaceAll(' ', '-');
    const last = await actions(org, 9);
    await get(`?after=${last}`, org);
    expect(await check(org)).toEqual([]);
    await change(sql, org);
    expect(await check(org)).toEqual(findings);
  });

  it('shows lines that changed places', async () => {
    const last = await actions('swapped', 5);
    await get(`?after=${last}`, 'swapped');
    await change(`UPDATE audit SET seq = -seq WHERE org = $1 AND seq IN (2, 3)`, 'swapped');
    await change(`UPDATE audit SET seq = 5 + seq WHERE org = $1 AND seq < 0`, 'swapped');
    expect((await check('swapped')).map(({ problem }) => problem)).toContain('altered');
  });

  it('that writes a trail anew from a line on, with its end, is found by the log alone', async () => {
    const org = 'rewritten';
    await get(`?after=${await actions(org, 9)}`, org);
    const [third, ...rest] = (await lines(org)).slice(2) as [ChainedEntry, ...ChainedEntry[]];
    const forged = rest.map(({ org: _o, seq: _s, prev_hash: _p, hash: _h, ...entry }, n) => ({
      ...entry,
      ...(n === 1 && { actor: 'nobody' }),
    }));
    for (const { seq, actor, prev_hash, hash } of chain(third, forged)) {
      const set = `actor = '${actor}', prev_hash = '${prev_hash}', hash = '${hash}'`;
      await change(`UPDATE audit SET ${set} WHERE org = $1 AND seq = ${seq}`, org);
      await change(`UPDATE audit_head SET hash = '${hash}' WHERE org = $1`, org);
    }
    expect(await check(org)).toEqual([]);
    expect(await compare(org)).toEqual([{ problem: 'not-in-log', seq: 5 }]);
  });

  it('that cuts a tail off, with its end, is found by the log alone', async () => {
    const org = 'cut';
    const last = await actions(org, 6);
    await get(`?after=${last}`, org);
    expect(await compare(org)).toEqual([]);
    await change(`DELETE FROM audit WHERE org = $1 AND seq > 5`, org);
    const end = `SELECT hash FROM audit WHERE org = $1 AND seq = 5`;
    await change(`UPDATE audit_head SET seq = 5, hash = (${end}) WHERE org = $1`, org);
    expect(await check(org)).toEqual([]);
    expect(await compare(org)).toEqual([{ problem: 'not-in-trail', position: last }]);
  });
});
