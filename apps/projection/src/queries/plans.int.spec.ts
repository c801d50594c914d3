import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { planOf } from '@edgeflow/testkit';
import { LARGE_TABLES, ROLLOUT, fill } from '../testing/hundred-thousand.fixture.js';
import { World } from '../testing/running-projection.fixture.js';

/* Every filter of every list, alone and with each other one, over as many rows as a large fleet has: which of them are read, and how many. */

/** What each filter is asked for: what many have, and what few have. A filter that is not here fails the spec. */
const ASKED: Record<string, Record<string, readonly string[]>> = {
  '/query/v1/devices': {
    ...{
      model: ['m7'],
      fleet: ['f7'],
      tag: ['lab', 'site-7'],
      ota_status: ['completed', 'failed', 'updating', 'idle'],
    },
    ...{ online: ['true', 'false'], drifted: ['true', 'false'] },
    ...{ version: ['1.0.0', '0.9.0', '9.9.9'], target_version: ['1.1.0', '2.0.0'] },
  },
  '/query/v1/rollouts/{rollout_id}/devices': {
    status: ['succeeded', 'failed', 'in_flight', 'excluded', 'queued'],
    ...{ wave: ['7', '99'], stage: ['forward', 'rollback'] },
  },
  '/query/v1/audit': {
    ...{ actor: ['user-7'], action: ['POST%20/v7'], outcome: ['succeeded', 'denied'], code: ['forbidden'] },
    ...{ from: ['2026-03-05T00:00:00Z'], to: ['2026-01-02T00:00:00Z'] },
  },
  // What they read is of one device or rollout, or of a table that does not grow with the fleet.
  '/query/v1/devices/{device_id}/events': { type: [] },
  '/query/v1/rollouts/{rollout_id}/events': { type: [] },
  '/query/v1/rollouts': { state: [], version: [] },
  '/query/v1/firmware': { model: [], version: [], revoked: [], deleted: [] },
  '/query/v1/events/aside': { acknowledged: [] },
};

/** What chooses the part of a list, and no rows. */
const PAGING = ['after', 'limit', 'cursor'];
const LIMIT = 50;
/** A page and the row behind it, what a second table has of each, and as many that are passed over where every second one fits. */
const PAGE_ROWS = 4 * (LIMIT + 1);
/** What two filters may read that have no index together: those that fit the rarer one, or a page's share of those that fit the other. */
const PAIR_ROWS = 4_000;

interface OpenApi {
  paths: Record<string, { get?: { parameters?: { name: string; in: string }[] } }>;
}

let world: World;
let projection: RunningService;
let lists: Map<string, string[]>;
let url: string;
const asked = vi.spyOn(pg.Client.prototype, 'query');

beforeAll(async () => {
  world = await World.open();
  url = await world.postgres.freshDatabase();
  projection = await world.start(url);
  await world.sql(url, fill);
  const { body } = await world.get(projection, '/query/openapi.json');
  lists = listsOf(body as unknown as OpenApi);
}, 120_000);

afterAll(async () => {
  asked.mockRestore();
  await world.close();
});

/** The filters of each list. */
function listsOf({ paths }: OpenApi): Map<string, string[]> {
  const named = Object.entries(paths).map(([path, { get }]): [string, string[]] => {
    const queried = (get?.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name);
    return [path, queried.includes('limit') ? queried.filter((name) => !PAGING.includes(name)) : []];
  });
  return new Map(named.filter(([, filters]) => filters.length > 0));
}

/** The statements on large tables that a query makes, worked out again. @returns the worst of them */
async function readBy(
  path: string,
): Promise<{ wholeTables: string[]; rowsRead: number; text: string; cursor: string | null }> {
  asked.mockClear();
  const { status, body } = await world.get(projection, path, 'acme', 'admin');
  expect(status, `${path} ${JSON.stringify(body)}`).toBe(200);
  const statements = asked.mock.calls
    .map(statementOf)
    .filter(({ text }) => LARGE_TABLES.some((table) => text.includes(`"${table}"`)));
  const plans = await plansOf(statements);
  return {
    wholeTables: plans.flatMap(({ wholeTables }) => wholeTables),
    rowsRead: Math.max(0, ...plans.map(({ rowsRead }) => rowsRead)),
    text: `${path}\n${plans.map(({ text }) => text).join('\n')}`,
    cursor: body.next_cursor,
  };
}

type Statement = Parameters<typeof planOf>[1];

function statementOf([first, second]: unknown[]): Statement {
  const { text, values } = typeof first === 'string' ? { text: first, values: second } : (first as Statement);
  return { text, values: Array.isArray(values) ? (values as unknown[]) : [] };
}

async function plansOf(statements: readonly Statement[]) {
  const plans: Awaited<ReturnType<typeof planOf>>[] = [];
  await world.sql(url, async (on) => {
    for (const statement of statements) plans.push(await planOf(on, statement, LARGE_TABLES));
  });
  return plans;
}

/** A query for a page, and the page behind it. @returns how the first was worked out */
async function expectBounded(path: string, filters: readonly string[], most: number): Promise<string> {
  const asks = `${path.replace('{rollout_id}', ROLLOUT)}?limit=${LIMIT}&${filters.join('&')}`;
  const first = await readBy(asks);
  const second = first.cursor === null ? [] : [await readBy(`${asks}&cursor=${first.cursor}`)];
  for (const { wholeTables, rowsRead, text } of [first, ...second]) {
    expect(wholeTables, text).toEqual([]);
    expect(rowsRead, text).toBeLessThanOrEqual(most);
  }
  return first.text;
}

describe('a list over a hundred thousand rows', () => {
  it('is asked for by every filter that it has', () => {
    const known = Object.entries(ASKED).map(([path, filters]) => [path, Object.keys(filters).toSorted()]);
    const there = [...lists].map(([path, filters]) => [path, filters.filter((name) => name !== 'order').toSorted()]);
    expect(known.toSorted()).toEqual(there.filter(([, filters]) => filters!.length > 0).toSorted());
  });

  it.each(Object.entries(ASKED).filter(([, filters]) => Object.values(filters).flat().length > 0))(
    'reads a page of %s by each filter alone, and without any',
    async (path, filters) => {
      const orders = lists.get(path)?.includes('order') === true ? ['order=asc', 'order=desc'] : [''];
      for (const order of orders) {
        await expectBounded(path, [order], PAGE_ROWS);
        for (const [name, values] of Object.entries(filters))
          for (const value of values) {
            const text = await expectBounded(path, [order, `${name}=${value}`], PAGE_ROWS);
            expect(text).toContain('Scan');
          }
      }
    },
    120_000,
  );

  it.each(Object.entries(ASKED).filter(([, filters]) => Object.values(filters).flat().length > 0))(
    'reads a small part of %s by two filters',
    async (path, filters) => {
      const all = Object.entries(filters);
      for (const [index, [one, ofOne]] of all.entries())
        for (const [other, ofOther] of all.slice(index + 1))
          for (const a of ofOne)
            for (const b of ofOther) await expectBounded(path, [`${one}=${a}`, `${other}=${b}`], PAIR_ROWS);
    },
    240_000,
  );
});
