import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredEvent } from '@edgeflow/contracts';
import { deviceKeys } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NatsPublisher } from '../e2e/nats-publisher.js';
import { imageOf, type Answer } from '../e2e/standalone.harness.js';
import { eventsOf } from './events-of.js';
import { TwoOrgs, type Org } from './two-orgs.harness.js';

interface Page {
  items: Record<string, unknown>[];
  next_cursor: string | null;
}

let world: TwoOrgs;
beforeAll(async () => {
  world = await TwoOrgs.start();
  // Of every kind of thing some more, and in both organizations with the same names.
  for (const org of ['acme', 'globex'] as const) {
    for (const device_id of ['same_1', 'same_2', 'same_3']) {
      const { public_key } = await deviceKeys();
      const body = { device_id, model: 'same', fleet: 'same', public_key };
      expect((await world.standalone.ask(org, 'admin', 'POST', '/gateway/v1/devices', body)).status).toBe(201);
    }
    for (const version of ['7.0.0', '7.1.0']) {
      const upload = await world.standalone.upload(org, imageOf(2_000), { version, models: 'same' });
      expect(upload.status).toBe(201);
    }
  }
  await world.standalone.eventually(
    () => list('globex', '/query/v1/firmware?version=7.1.0'),
    ({ body }) => body.items.length > 0,
  );
});
afterAll(() => world.dispose());

const other = (org: Org): Org => (org === 'acme' ? 'globex' : 'acme');

function list(org: Org, path: string): Promise<Answer<Page>> {
  return world.standalone.ask<Page>(org, 'admin', 'GET', path);
}

/** Every page of a list, one thing on each. */
async function pages(org: Org, path: string): Promise<{ items: Page['items']; cursors: string[] }> {
  const found: { items: Page['items']; cursors: string[] } = { items: [], cursors: [] };
  let cursor = '';
  for (;;) {
    const { status, body } = await list(org, `${path}?limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    expect([path, status]).toEqual([path, 200]);
    found.items.push(...body.items);
    if (body.next_cursor === null) return found;
    cursor = body.next_cursor;
    found.cursors.push(cursor);
  }
}

/** What only this organization has: its own things' ids, and its members. */
const marksOf = (org: Org) => [...Object.values(world.things[org]), `model-${org}`, `@${org}`, `"${org}"`, `/${org}/`];
const hasMarkOf = (org: Org, value: unknown) => marksOf(org).filter((mark) => JSON.stringify(value).includes(mark));

const LISTS = [
  '/query/v1/devices',
  '/query/v1/rollouts',
  '/query/v1/firmware',
  '/query/v1/audit',
  '/query/v1/api-keys',
  '/query/v1/claims',
];

describe.each<Org>(['acme', 'globex'])('%s', (org) => {
  it.each(LISTS)('finds nothing of the other one in %s, page by page', async (path) => {
    const { items } = await pages(org, path);
    expect(items.length).toBeGreaterThan(0);
    expect(hasMarkOf(other(org), items)).toEqual([]);
  });

  it.each(LISTS)('gets nothing of the other one with its cursors of %s', async (path) => {
    const theirs = await pages(other(org), path);
    for (const cursor of theirs.cursors.slice(0, 20)) {
      const { status, body } = await list(org, `${path}?limit=500&cursor=${encodeURIComponent(cursor)}`);
      expect([200, 400]).toContain(status);
      expect(hasMarkOf(other(org), body.items ?? [])).toEqual([]);
    }
  });

  it('gets nothing of the other one by what it filters', async () => {
    const { device, firmware, rollout } = world.things[other(org)];
    const filters = [
      ...[`/query/v1/devices?model=model-${other(org)}`, `/query/v1/firmware?model=model-${other(org)}`],
      `/query/v1/audit?actor=admin@${other(org)}`,
    ];
    for (const path of filters) expect([path, (await list(org, path)).body.items]).toEqual([path, []]);
    expect((await list(org, `/query/v1/devices?org=${other(org)}&model=model-${other(org)}`)).status).toBe(400);
    for (const path of [`devices/${device}`, `devices/${device}/why`, `rollouts/${rollout}/failures`]) {
      for (const query of ['', '?after=1', `?org=${other(org)}`, '?limit=1&cursor=e30']) {
        expect([path, query, [400, 404].includes((await list(org, `/query/v1/${path}${query}`)).status)]).toEqual([
          path,
          query,
          true,
        ]);
      }
    }
    expect((await list(org, `/query/v1/firmware?after=1`)).body.items).not.toContainEqual(
      expect.objectContaining({ firmware_id: firmware }),
    );
  });

  it('cannot say with a header or a query that it is the other one', async () => {
    const token = await world.standalone.token(org, 'admin');
    const headers = { authorization: `Bearer ${token}`, 'x-org': other(org), 'x-organization-id': other(org) };
    const url = new URL('/query/v1/devices', world.standalone.endpoints.http_origin);
    const { items } = (await (await fetch(url, { headers })).json()) as Page;
    expect(hasMarkOf(org, items)).not.toEqual([]);
    expect(hasMarkOf(other(org), items)).toEqual([]);
    for (const name of ['org', 'organization', 'tenant']) {
      expect((await fetch(`${url.href}?${name}=${other(org)}`, { headers })).status).toBe(400);
    }
  });
});

describe('things of the same name', () => {
  const eventsAfter = async (position: number) =>
    (await eventsOf(world.standalone)).filter((event: StoredEvent) => event.position > position);

  it('are acted on in one’s own organization only', async () => {
    const { standalone } = world;
    const start = Math.max(...(await eventsOf(standalone)).map(({ position }) => position));
    const { public_key } = await deviceKeys();
    const ask = (role: 'admin' | 'operator', path: string, body: object) =>
      standalone.ask<{ rollout_id: string }>('acme', role, 'POST', path, body);
    expect((await ask('admin', '/gateway/v1/devices/same_1/key', { public_key })).status).toBe(202);
    expect((await ask('admin', '/gateway/v1/devices/same_2/revoke', {})).status).toBe(202);
    await ask('operator', '/orchestrator/v1/updates', { device_id: 'same_3', version: '7.0.0', when_offline: 'queue' });
    const rollout = {
      version: '7.1.0',
      target: { fleet: 'same' },
      strategy: { type: 'all_at_once' },
      approval: 'start',
    };
    const { rollout_id } = (await ask('operator', '/orchestrator/v1/rollouts', rollout)).body;
    await standalone.eventually(
      () => standalone.ask<{ state: string }>('acme', 'viewer', 'GET', `/query/v1/rollouts/${rollout_id}`),
      ({ status }) => status === 200,
    );
    expect((await list('acme', '/query/v1/devices?fleet=same')).body.items).toHaveLength(3);
    const written = await eventsAfter(start);
    expect(written.filter(({ org }) => org === 'acme').length).toBeGreaterThan(4);
    expect(written.filter(({ org, entity }) => org === 'globex' && entity !== 'audit')).toEqual([]);
    const theirs = await standalone.ask<{ revoked: boolean }>('globex', 'viewer', 'GET', '/query/v1/devices/same_2');
    expect(theirs).toMatchObject({ status: 200, body: { revoked: false } });
  });
});

describe('a team’s user of NATS', () => {
  const request = { device_id: 'same_3', version: '7.0.0', when_offline: 'queue' };
  const subjects = [
    'ota.globex.request.req_x.UpdateRequested',
    'ota.acme.update.same_3.UpdateDispatched',
    'ota.acme.device.same_3.DeviceRevoked',
    'ota.acme.firmware.fw_x.FirmwareUploaded',
    'ota.acme.trust.acme.SigningKeyRegistered',
    'ota.acme.access.key_x.ApiKeyIssued',
    'ota.acme.audit.projection.ActionRecorded',
    'live.ota.globex.update.same_3.UpdateDispatched',
    'schedule.x',
    '$JS.API.STREAM.PURGE.OTA',
    '$JS.API.STREAM.DELETE.OTA',
    '$JS.API.STREAM.MSG.GET.OTA',
  ];

  it.each(subjects)('may not write %s', async (subject) => {
    const team = await world.standalone.team('acme');
    try {
      await expect(team.publish(subject, { 'Nats-Msg-Id': subject }, JSON.stringify(request))).rejects.toThrow(
        /permissions/i,
      );
    } finally {
      team.close();
    }
  });

  it('of one organization acts on that one’s things, whatever its request says', async () => {
    const team = await world.standalone.team('acme');
    const { device } = world.things.globex;
    const body = { device_id: device, version: '1.0.0', requested_by: 'admin@globex', role: 'admin' };
    const ack = await team.request('acme', 'req_cross', 'UpdateRequested', body, {
      'ce-subject': `globex/${device}`,
      'ce-org': 'globex',
    });
    await team.request('acme', 'req_cross_2', 'UpdateRequested', { ...body, org: 'globex' });
    team.close();
    expect(ack.seq).toBeGreaterThan(0);
    const about = async (which: { entity: string; entity_id: string }) =>
      (await eventsOf(world.standalone)).filter(
        ({ entity, entity_id }) => entity === which.entity && entity_id === which.entity_id,
      );
    await expect
      .poll(() => about({ entity: 'update', entity_id: device }), { timeout: 20_000 })
      .toMatchObject([{ org: 'acme', type: 'UpdateRejected', data: { code: 'device-unknown' } }]);
    await expect
      .poll(() => about({ entity: 'request', entity_id: 'req_cross_2' }), { timeout: 20_000 })
      .toMatchObject([{ org: 'acme', type: 'RequestRefused', data: { code: 'invalid-request' } }]);
  });

  it('is nobody with the password of the other one', async () => {
    const { nats_users, nats_ca } = world.standalone.endpoints;
    const [acme, globex] = await Promise.all(
      ['acme', 'globex'].map(
        async (org) => new URL((await readFile(join(nats_users, `publisher-${org}.url`), 'utf8')).trim()),
      ),
    );
    acme!.password = globex!.password;
    const team = await NatsPublisher.connect(acme!.href, await readFile(nats_ca, 'utf8'));
    await expect(team.request('acme', 'req_nobody', 'UpdateRequested', request)).rejects.toThrow(/authorization/i);
    team.close();
  });
});
