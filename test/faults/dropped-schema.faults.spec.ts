import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropRows } from '@edgeflow/testkit';
import { ids, Rollouts, type Page } from '../e2e/rollouts.harness.js';
import { holds } from './invariants.js';

const DEVICES = 12;
let rollouts: Rollouts;
let id: string;

/** An answer as the origin gives it, with what says when to come again. */
interface Seen {
  status: number;
  code: string | undefined;
  retry_after: string | null;
  items: number | undefined;
}

async function ask(path: string): Promise<Seen> {
  const { standalone } = rollouts;
  const headers = { authorization: `Bearer ${await standalone.token('acme', 'viewer')}` };
  const response = await fetch(new URL(path, standalone.endpoints.http_origin), { headers });
  const body = (await response.json()) as Partial<Page<object>> & { code?: string };
  const retry_after = response.headers.get('retry-after');
  return { status: response.status, code: body.code, retry_after, items: body.items?.length };
}

beforeAll(async () => {
  rollouts = await Rollouts.start();
  const fleet = await rollouts.fleet('dropped');
  await fleet.join(ids(DEVICES, 'dropped'));
  const body = { version: '2.0.0', strategy: { type: 'all_at_once' }, target: { fleet: 'dropped' } };
  id = await rollouts.start(body, DEVICES);
  await rollouts.reaches(id, 'completed');
});
afterAll(() => rollouts.dispose());

describe('a schema that is dropped while nothing happens', () => {
  it('of the read models is made anew by itself, and until then every query is refused for now', async () => {
    await dropRows(rollouts.standalone.endpoints.database_url, 'projection');
    const paths = ['/query/v1/devices?limit=500', '/query/v1/devices/dropped_01', `/query/v1/rollouts/${id}`];
    const seen: Seen[] = [];
    await rollouts.standalone.eventually(
      async () => {
        const answers = await Promise.all(paths.map(ask));
        seen.push(...answers);
        return { status: 0, body: answers };
      },
      (answers) => answers.body.every(({ status }) => status === 200),
    );
    const refused = seen.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(answer).toEqual({ status: 503, code: 'read-model-behind', retry_after: '1', items: undefined });
    }
    expect(seen.flatMap(({ items }) => (items === undefined ? [] : [items]))).toEqual(
      expect.arrayContaining([DEVICES]),
    );
    for (const { items } of seen) expect([undefined, DEVICES]).toContain(items);
    await holds(rollouts.standalone);
  });

  it('of the orchestrator is made anew by itself, and nothing is decided or planned from half of it', async () => {
    await dropRows(rollouts.standalone.endpoints.database_url, 'orchestrator');
    const body = { version: '2.0.0', strategy: { type: 'all_at_once' }, target: { fleet: 'dropped' }, force: true };
    const plans: (string | number)[] = [];
    await rollouts.standalone.eventually(
      async () => {
        const answer = await rollouts.plan(body);
        plans.push(answer.body.code ?? answer.body.eligible);
        return answer;
      },
      ({ status }) => status === 200,
    );
    expect(plans.at(-1)).toBe(DEVICES);
    expect(new Set(plans)).toEqual(new Set(['read-model-behind', DEVICES]));
    await holds(rollouts.standalone);
  });
});
