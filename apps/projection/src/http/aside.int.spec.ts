import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataOf } from '@edgeflow/contracts';
import type { RunningService } from '@edgeflow/service-host';
import { eventHeaders, headOf, poisonFor } from '@edgeflow/testkit';
import { happened, storyOf, uploaded } from '../testing/device-story.fixture.js';
import { World, type Answer } from '../testing/running-projection.fixture.js';

const device = storyOf('dev_1');
const { data: plan } = device.dispatched(9, '9.0.0');
const address = { org: 'acme', entity: 'update', entity_id: 'dev_1', type: 'UpdateDispatched' } as const;
const poison = poisonFor(address, plan);

let world: World;
let projection: RunningService;
let database: string;
/** Where the first poison stands, and the last. */
let first: number;
let last: number;

beforeAll(async () => {
  world = await World.open();
  database = await world.postgres.freshDatabase();
  const { tell } = world.writer;
  first = (await tell(device.registered(), device.connected(), device.runs('1.0.0'))) + 1;
  // Before the projection starts, so that all of it comes in batches with good events.
  last = await world.raw(poison);
  projection = await world.start(database);
});
afterAll(() => world.close());

const get = (path: string, role: 'operator' | 'viewer' = 'operator', org = 'acme'): Promise<Answer> =>
  world.get(projection, path, org, role);
const ready = async (): Promise<{
  status: number;
  body: { status: string; details: Record<string, { message: string }> };
}> => {
  const response = await fetch(`${projection.url}/readyz`);
  return { status: response.status, body: (await response.json()) as never };
};
const asided = () =>
  poison.flatMap(({ why, subject }, index) => (why === 'set-aside' ? [{ position: first + index, subject }] : []));

/** Every page, as one list. */
async function listed(query = ''): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body }: Answer = await get(
      `/query/v1/events/aside?limit=7&order=asc${query}${cursor && `&cursor=${cursor}`}`,
    );
    items.push(...body.items);
    cursor = body.next_cursor;
  }
  return items;
}

describe('poison in front of the projection', () => {
  it('keeps nothing from being folded, and every position answers', async () => {
    for (let position = first; position <= last; position++) {
      const answer = await get(`/query/v1/devices/dev_1?after=${position}`);
      expect(answer).toMatchObject({ status: 200, body: { current_version: '1.0.0', online: true } });
    }
    expect(last - first + 1).toBe(poison.length);
  });

  it('is listed where it could have been read, page by page', async () => {
    const items = await listed();
    expect(items.map(({ position, subject }) => ({ position, subject }))).toEqual(asided());
    expect(items[0]).toEqual({
      ...{ position: first, subject: 'ota.acme.update.dev_1.UpdateDispatched', entity: 'update', entity_id: 'dev_1' },
      ...{ type: 'UpdateDispatched', code: 'event-invalid', reason: 'the body is not JSON in UTF-8' },
      ...{ time: expect.any(String), acknowledged_at: null, acknowledged_by: null },
    });
    const { body } = await get('/query/v1/events/aside?limit=500');
    expect(body.items.map(({ position }) => position)).toEqual(
      asided()
        .map(({ position }) => position)
        .toReversed(),
    );
  });

  it('is shown to operators and admins of the organization, and to nobody else', async () => {
    expect(await get('/query/v1/events/aside', 'viewer')).toMatchObject({ status: 403 });
    expect((await get('/query/v1/events/aside', 'operator', 'globex')).body.items).toEqual([]);
    expect(await get('/query/v1/events/aside?acknowledged=maybe')).toMatchObject({ status: 400 });
  });

  it('leaves the service ready and degraded, with the streams', async () => {
    const { status, body } = await ready();
    expect({ status, says: body.status }).toEqual({ status: 200, says: 'degraded' });
    expect(body.details['set_aside']?.message).toMatch(
      new RegExp(`^${asided().length} events were set aside and not acknowledged: ota\\.acme\\.update\\.dev_1`),
    );
  });

  it('is a part of the why of its stream, in words', async () => {
    const { status, body } = await get('/query/v1/devices/dev_1/why', 'viewer');
    expect(status).toBe(200);
    const told = (body as unknown as { set_aside: { position: number; text: string }[] }).set_aside;
    expect(told.at(-1)).toMatchObject({
      position: first,
      text: `UpdateDispatched at position ${first} was set aside (event-invalid: the body is not JSON in UTF-8), so what it says is not taken into account; nobody has acknowledged it yet.`,
    });
    await world.raw(
      poisonFor({ org: 'acme', entity: 'rollout', entity_id: 'rol_1', type: 'RolloutPaused' }, {}).slice(0, 1),
    );
    const { last: position } = await world.writer.log.state();
    const rollout = await get(`/query/v1/rollouts/rol_1/why?after=${position}`, 'viewer');
    expect(rollout).toMatchObject({
      status: 200,
      body: { items: [], set_aside: [{ position, type: 'RolloutPaused' }] },
    });
  });
});

describe('an event that is valid and that Postgres does not take', () => {
  const { data } = uploaded('1.1.0');
  const firmware = (id: string, change: Partial<DataOf<'FirmwareUploaded'>>, time?: string) => ({
    subject: `ota.acme.firmware.${id}.FirmwareUploaded`,
    head: headOf(eventHeaders('FirmwareUploaded', `evt_${id}`, time === undefined ? {} : { 'ce-time': time })),
    body: JSON.stringify({ ...(data as DataOf<'FirmwareUploaded'>), firmware_id: id, ...change }),
  });

  it.each([
    ['a time after the year 9999', firmware('fw_time', {}, '+275760-09-13T00:00:00.000Z'), 'event-invalid'],
    ['a size beyond all integers', firmware('fw_size', { size: 1e300 }), 'handler-failed'],
  ])('is set aside alone with %s, and what stands around it is folded', async (_, bad, code) => {
    const id = bad.subject.split('.')[3]!;
    const good = (n: number) => firmware(`${id}_${n}`, { firmware_id: `${id}_${n}`, version: `1.1.${n}` });
    const end = await world.raw([good(1), good(2), bad, good(3), good(4)]);
    const { body } = await get(`/query/v1/firmware?limit=500&after=${end}`);
    const ids = body.items.map(({ firmware_id }) => firmware_id);
    expect(ids).toEqual(expect.arrayContaining([1, 2, 3, 4].map((n) => `${id}_${n}`)));
    expect(ids).not.toContain(id);
    const [item] = (await get('/query/v1/events/aside?limit=1')).body.items;
    expect(item).toMatchObject({ position: end - 2, code, entity_id: id });
  });

  it('is kept as far as Postgres takes it, with NUL and half a surrogate pair', async () => {
    const end = await world.raw([firmware('fw_nul', { release_notes: 'a\0b \ud83d' })]);
    const { body } = await get(`/query/v1/firmware?limit=500&after=${end}`);
    expect(body.items).toContainEqual(expect.objectContaining({ firmware_id: 'fw_nul' }));
  });
});

describe('a revocation that nobody can read', () => {
  it('is shown as one: nobody is told that what every service refuses may be used', async () => {
    await world.writer.tell(storyOf('dev_2').registered());
    const address = { org: 'acme', entity: 'device', entity_id: 'dev_2', type: 'DeviceRevoked' } as const;
    const end = await world.raw(poisonFor(address, {}).slice(0, 1));
    expect(await get(`/query/v1/devices/dev_2?after=${end}`)).toMatchObject({ status: 200, body: { revoked: true } });
    expect(await get('/query/v1/devices/dev_1')).toMatchObject({ body: { revoked: false } });
  });
});

describe('an acknowledgement', () => {
  const acknowledge = (position: number, org = 'acme') =>
    happened(
      { org, entity: 'audit', entity_id: 'rollout-orchestrator' },
      { type: 'SetAsideAcknowledged', data: { position, acknowledged_by: 'ada', reason: 'seen' } },
    );

  it('counts in its own organization, the first one', async () => {
    const foreign = await world.writer.tell(acknowledge(first, 'globex'));
    expect((await get(`/query/v1/events/aside?acknowledged=true&after=${foreign}`)).body.items).toEqual([]);
    const noted = acknowledge(first);
    const again = await world.writer.tell(noted, acknowledge(first));
    const { body } = await get(`/query/v1/events/aside?acknowledged=true&after=${again}`);
    expect(body.items).toMatchObject([{ position: first, acknowledged_at: noted.time, acknowledged_by: 'ada' }]);
    expect((await listed('&acknowledged=false')).map(({ position }) => position)).not.toContain(first);
  });

  it('of everything ends the degradation, also after a rebuild', async () => {
    const open = await listed('&acknowledged=false');
    const position = await world.writer.tell(...open.map((item) => acknowledge(Number(item['position']))));
    expect(await get(`/query/v1/events/aside?acknowledged=false&after=${position}`)).toMatchObject({
      body: { items: [] },
    });
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'ok' } });
    const before = await listed();
    await world.dropTables(database);
    // A fold notices that its tables are gone when it is to write.
    await world.writer.tell(acknowledge(first));
    const again = () => get(`/query/v1/events/aside?limit=500&order=asc&acknowledged=true`);
    await expect.poll(async () => (await again()).body.items, { timeout: 50_000 }).toEqual(before);
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'ok' } });
  });
});
