import type { OtaEvent } from '@edgeflow/contracts';
import type { RunningService } from '@edgeflow/service-host';
import { poisonFor } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument } from './openapi.js';
import { causedBy, storyOf } from './testing/device-story.fixture.js';
import { everythingOf, mark, obstacles } from './testing/same-ids.fixture.js';
import { World, type Answer } from './testing/running-projection.fixture.js';

/** Lists that have more than one item; all of them take a cursor. */
const LISTS = [
  'devices',
  'devices/dev_1/events',
  'devices/dev_1/events?order=desc',
  'rollouts',
  'rollouts/rol_1/devices',
  'rollouts/rol_1/devices?status=queued',
  'rollouts/rol_1/devices?status=excluded',
  'rollouts/rol_1/events',
  'firmware',
  'audit',
  'audit?order=asc',
  'api-keys',
  'claims',
  'events/aside',
] as const;
const THINGS = [
  'devices/dev_1',
  'devices/dev_1/why',
  'rollouts/rol_1',
  'rollouts/rol_1/failures',
  'rollouts/rol_1/why',
  'requests/req_1',
  'audit/head',
] as const;
const ALL = [...LISTS, ...THINGS];

/** What stands below one device or one rollout. */
const OF_ONE = ALL.filter((path) => /_1/.test(path));

let world: World;
let projection: RunningService;
/** What acme was answered before anybody else had anything. */
const alone = new Map<string, unknown>();

const ask = (path: string, org = 'acme'): Promise<Answer> => world.get(projection, `/query/v1/${path}`, org, 'admin');
const withQuery = (path: string, query: string): string => `${path}${path.includes('?') ? '&' : '?'}${query}`;

/** A path with other ids of a device, a rollout and a request. */
function withIds(path: string, [device, rollout, request]: readonly [string, string, string]): string {
  return path.replace('dev_1', device).replace('rol_1', rollout).replace('req_1', request);
}

/** How far the answer has seen the log is the same for all; what is left is the organization's own. */
function own({ status, body }: Answer): unknown {
  const without = (name: string, value: unknown): unknown => (name === 'position' ? undefined : value);
  return { status, body: JSON.parse(JSON.stringify(body, without)) as unknown };
}

async function tell(batches: readonly OtaEvent[][]): Promise<number> {
  let last = 0;
  for (const batch of batches) last = await world.writer.tell(...batch);
  return last;
}

/** Two events that are set aside. */
const poisonOf = (org: string) =>
  poisonFor({ org, entity: 'device', entity_id: 'dev_aside', type: 'DeviceRevoked' }, {}).slice(0, 2);

beforeAll(async () => {
  world = await World.open();
  projection = await world.start(await world.postgres.freshDatabase());
  await tell(everythingOf('acme'));
  await ask(`devices?after=${await world.raw(poisonOf('acme'))}`);
  for (const path of ALL) alone.set(path, own(await ask(path)));
  // Whatever could come before acme's rollouts and keep its devices, if organizations were not kept apart.
  await tell([...everythingOf('globex', 100), obstacles('globex')]);
  await ask(`devices?after=${await world.raw(poisonOf('globex'))}`);
});
afterAll(() => world.close());

describe('every query', () => {
  it('is in this table', async () => {
    const paths = Object.keys((await openApiDocument()).paths).filter((path) => path.startsWith('/query/v1/'));
    const templates = paths.map((path) => path.replace('/query/v1/', ''));
    const asked = ALL.map((path) => path.replace(/\?.*/, ''));
    const named = asked.map((path) => withIds(path, ['{device_id}', '{rollout_id}', '{request_id}']));
    expect([...new Set(named)].sort()).toEqual(templates.sort());
  });

  it.each(ALL)('%s answers with what is the caller’s own', async (path) => {
    const mine = await ask(path);
    const theirs = await ask(path, 'globex');
    expect([mine.status, theirs.status]).toEqual([200, 200]);
    expect(JSON.stringify(mine.body)).not.toContain('globex');
    expect(JSON.stringify(theirs.body)).not.toContain('acme');
    if (path === 'audit/head') expect(mine.body['hash']).not.toBe(theirs.body['hash']);
    if (LISTS.some((list) => list === path)) expect(theirs.body.items.length).toBeGreaterThan(1);
  });

  it.each(ALL)('%s answers as if there were no other organization', async (path) => {
    expect(own(await ask(path))).toEqual(alone.get(path));
  });

  it.each(ALL)('%s does not let the caller name an organization', async (path) => {
    for (const named of ['org=globex', 'organization_id=globex', 'where[org]=globex']) {
      const { status, body } = await ask(withQuery(path, named));
      expect([status, (body as { code?: string }).code]).toEqual([400, 'invalid-request']);
    }
  });

  it.each(OF_ONE)('%s of another organization is as unknown as of nobody', async (path) => {
    const idOf = (owner: string) => withIds(path, [`dev_${owner}`, `rol_${owner}`, `req_${owner}`]);
    const problem = async (owner: string) => {
      // One who has nothing: what is denied is a line of the trail of whoever asked.
      const { status, body } = await ask(idOf(owner), 'initech');
      const { code, title, detail } = body as Record<string, unknown>;
      return { status, code, title, detail, members: Object.keys(body) };
    };
    const unknown = await problem('nobody');
    expect(unknown).toMatchObject({
      status: 404,
      code: expect.stringMatching(/^(device|rollout|request)-unknown$/) as string,
    });
    expect(await problem('globex')).toEqual(unknown);
    expect((await ask(idOf('globex'), 'globex')).status).toBe(200);
  });

  it.each(LISTS)('%s is empty or unknown for an organization that has nothing', async (path) => {
    const { status, body } = await ask(path, `nothing-${LISTS.indexOf(path)}`);
    if (status === 200) expect(body.items).toEqual([]);
    else expect(status).toBe(404);
  });
});

describe('a chain of causes', () => {
  it('does not lead into another organization, whatever cause an event names', async () => {
    const [stolen] = (await ask('rollouts/rol_1/events')).body.items as { id: string; correlation_id: string }[];
    const asked = causedBy(stolen!, storyOf('dev_9', 'globex').requested(9, '1.1.0'));
    const { body } = await ask(`devices/dev_9/why?after=${await world.writer.tell(asked)}`, 'globex');
    expect(body.items.map(({ type }) => type)).toEqual(['UpdateRequested']);
  });
});

describe('a cursor', () => {
  it.each(LISTS)('of %s that another organization got shows nothing of it', async (path) => {
    const { body } = await ask(withQuery(path, 'limit=1'));
    expect(body.next_cursor).toEqual(expect.any(String));
    const full = own(await ask(withQuery(path, 'limit=500'), 'globex')) as { body: { items: unknown[] } };
    const cursor = encodeURIComponent(body.next_cursor ?? '');
    const answer = await ask(withQuery(path, `limit=500&cursor=${cursor}`), 'globex');
    const { items } = (own(answer) as typeof full).body;
    expect(answer.status).toBe(200);
    expect(JSON.stringify(items)).not.toContain('acme');
    for (const item of items) expect(full.body.items).toContainEqual(item);
  });
});

describe('a filter', () => {
  it.each([
    `devices?tag=${mark('globex')}`,
    `audit?actor=${mark('globex')}`,
    `devices?tag=${mark('globex')}&fleet=north&model=m1`,
  ])('%s finds nothing of another organization', async (path) => {
    expect((await ask(path)).body.items).toEqual([]);
    expect((await ask(path, 'globex')).body.items).not.toEqual([]);
  });
});
