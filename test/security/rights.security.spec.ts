import { ROLES } from '@edgeflow/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../e2e/standalone.harness.js';
import { openApiRoutes } from './open-api-routes.js';
import { RIGHTS, type Right, type Thing } from './rights.js';
import { TwoOrgs, type Org } from './two-orgs.harness.js';

/** Every route of the table, with every role: what the suite does is generated from these. */
// Reading comes first: that somebody asked for an update of a device of others stands in his own organization's log from then on.
const ROUTES = Object.entries(RIGHTS)
  .map(([route, right]) => ({ route, ...right }))
  .toSorted((a, b) => Number(b.route.startsWith('GET')) - Number(a.route.startsWith('GET')));
const CASES = ROUTES.flatMap((row) => ROLES.map((role) => ({ ...row, role })));
const ALLOWED = CASES.filter(({ roles, role }) => roles.includes(role));
const DENIED = CASES.filter(({ roles, role }) => !roles.includes(role));

/** A body that no route takes: who gets so far as to be told so was not held up by rights. */
const NONSENSE = { reason: 5, uses: 'many', name: 7, signature: 'x', kid: [], manifest: 7, version: 7 };

interface Problem {
  code?: string;
}

let world: TwoOrgs;
beforeAll(async () => {
  world = await TwoOrgs.start();
});
afterAll(() => world.dispose());

function split(route: string): { method: string; path: string } {
  const [method = '', path = ''] = route.split(' ');
  return { method, path };
}

/** The route's path about a thing; what belongs to nobody gets a name of its own. */
function pathOf(route: string, id: string): string {
  return split(route)
    .path.replace('{action}', 'pause')
    .replace('{fleet}', 'suite')
    .replaceAll(/\{\w+\}/g, encodeURIComponent(id));
}

function ask(role: Role, { route, body }: Right & { route: string }, id: string, org: Org = 'acme') {
  const { method } = split(route);
  return world.standalone.ask<Problem>(org, role, method, pathOf(route, id), method === 'GET' ? undefined : body);
}

const own = (thing: Thing | undefined, org: Org = 'acme'): string => (thing ? world.things[org][thing] : 'none');

describe('the table of rights', () => {
  it('has a row for every route of every service, and for none that is not there', async () => {
    expect(Object.keys(RIGHTS).sort()).toEqual((await openApiRoutes(world.standalone.endpoints.http_origin)).sort());
  });
});

describe('without a credential', () => {
  it.each(ROUTES)('$route is 401', async ({ route, body }) => {
    const { method } = split(route);
    const url = new URL(pathOf(route, 'x'), world.standalone.endpoints.http_origin);
    const send = method !== 'GET' && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body ?? {}),
    };
    const answer = await fetch(url, { method, ...send });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="edgeflow"/);
    expect(await answer.json()).toMatchObject({ code: 'unauthorized' });
  });
});

describe('a role without the right', () => {
  it.each(DENIED)('$role gets 403 for $route, of its own organization', async (row) => {
    expect(await ask(row.role, row, own(row.thing))).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it.each(DENIED.filter(({ thing }) => thing))(
    '$role gets 403 for $route, of another organization too',
    async (row) => {
      expect(await ask(row.role, row, own(row.thing, 'globex'))).toMatchObject({ status: 403 });
    },
  );
});

describe('a role with the right', () => {
  it.each(ALLOWED.filter(({ thing }) => thing))('$role gets 404 for $route of another organization', async (row) => {
    const theirs = await ask(row.role, row, own(row.thing, 'globex'));
    const nobodys = await ask(row.role, row, 'never_was');
    expect(theirs.status).toBe(404);
    expect(theirs.body.code).toBe(nobodys.body.code);
  });

  it.each(ALLOWED.filter(({ route, roles }) => !route.startsWith('DELETE') && roles.length > 0))(
    '$role is not held up at $route of its own organization',
    async (row) => {
      const body = split(row.route).method === 'GET' ? undefined : NONSENSE;
      const { status } = await ask(row.role, { ...row, ...(body && { body }) }, own(row.thing));
      expect([401, 403, ...(row.none ? [] : [404])]).not.toContain(status);
      expect(status).toBeLessThan(500);
    },
  );
});

describe('the audit trail', () => {
  it('has every denial and every reach for what belongs to others', async () => {
    const look = () =>
      world.standalone.ask<{ items: { actor: string; status: number; resource: string }[] }>(
        'acme',
        'auditor',
        'GET',
        '/query/v1/audit?limit=500&outcome=denied',
      );
    const wanted = DENIED.map((row) => `${row.role}@acme 403 ${pathOf(row.route, own(row.thing))}`);
    const reached = ALLOWED.filter(({ thing }) => thing).map(
      (row) => `${row.role}@acme 404 ${pathOf(row.route, own(row.thing, 'globex'))}`,
    );
    await world.standalone.eventually(look, ({ status, body }) => {
      if (status !== 200) return false;
      const seen = new Set(body.items.map(({ actor, status, resource }) => `${actor} ${status} ${resource}`));
      return [...wanted, ...reached].every((line) => seen.has(line));
    });
  });

  it('of the other organization has none of it', async () => {
    const { body } = await world.standalone.ask<{ items: { actor: string }[] }>(
      'globex',
      'auditor',
      'GET',
      '/query/v1/audit?limit=500',
    );
    expect(body.items.length).toBeGreaterThan(0);
    expect(body.items.filter(({ actor }) => actor.endsWith('@acme'))).toEqual([]);
  });
});
