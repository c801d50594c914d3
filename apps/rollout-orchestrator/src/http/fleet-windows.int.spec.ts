import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestStream } from '@edgeflow/contracts';
import { World, eventually } from '../testing/world.fixture.js';

let world: World;

beforeAll(async () => {
  world = await World.open();
  await world.begin();
});
afterAll(async () => {
  await world.end();
  await world.close();
});

const nightly = { cron: '0 2 * * *', duration_s: 3_600, time_zone: 'Europe/Berlin' };
const always = { cron: '* * * * *', duration_s: 2_592_000, time_zone: 'UTC' };
const as = (role: 'viewer' | 'operator', org = 'acme') => ({ role, org });

describe('the maintenance window of a fleet', () => {
  it('is read as it was set, with whether it is open and when it opens next', async () => {
    const { status, body } = await world.ask('PUT', 'fleets/north/window', nightly);
    expect(status).toBe(202);
    const read = await world.ask(
      'GET',
      `fleets/north/window?after=${String(body['position'])}`,
      undefined,
      as('viewer'),
    );
    expect(read).toMatchObject({ status: 200, body: { fleet: 'north', ...nightly } });
    expect(Date.parse(String(read.body['opens_at']))).toBeGreaterThan(Date.now());
    await world.ask('PUT', 'fleets/south/window', always);
    const open = await world.ask('GET', 'fleets/south/window', undefined, as('viewer'));
    expect(open).toMatchObject({
      status: 200,
      body: { ...always, open: true, closes_at: expect.any(String) as string },
    });
  });

  it('is not there for a fleet without one, once it is taken away, and for another organization', async () => {
    const unknown = { status: 404, body: { code: 'window-unknown' } };
    expect(await world.ask('GET', 'fleets/none/window', undefined, as('viewer'))).toMatchObject(unknown);
    await world.ask('PUT', 'fleets/gone/window', nightly);
    expect((await world.ask('GET', 'fleets/gone/window')).status).toBe(200);
    expect(await world.ask('GET', 'fleets/gone/window', undefined, as('operator', 'globex'))).toMatchObject(unknown);
    await world.ask('DELETE', 'fleets/gone/window');
    expect(await world.ask('GET', 'fleets/gone/window')).toMatchObject(unknown);
  });

  it('is taken away where there is one, and once', async () => {
    const unknown = { status: 404, body: { code: 'window-unknown', fleet: 'misspelt' } };
    expect(await world.ask('DELETE', 'fleets/misspelt/window')).toMatchObject(unknown);
    await world.ask('PUT', 'fleets/misspelt/window', nightly);
    expect((await world.ask('DELETE', 'fleets/misspelt/window')).status).toBe(202);
    expect(await world.ask('DELETE', 'fleets/misspelt/window')).toMatchObject(unknown);
  });

  it('is taken away by event where there is one', async () => {
    const ask = async (id: string, data: object) => {
      const type = 'FleetWindowRequested';
      await world.publish(`inbox.acme.${id}.${type}`, { specversion: '1.0', id, source: '/team', type, data });
      return eventually(async () => {
        const [event, answer] = await world.log.read(requestStream('acme', id));
        return { found: answer ?? (event?.type === 'RequestRefused' ? event : undefined) };
      });
    };
    const refused = { type: 'RequestRefused', data: { code: 'window-unknown' } };
    expect(await ask('w_1', { fleet: 'by_event' })).toMatchObject(refused);
    expect(await ask('w_2', { fleet: 'by_event', window: nightly })).toMatchObject({ type: 'FleetWindowChanged' });
    expect(await ask('w_3', { fleet: 'by_event' })).toMatchObject({ type: 'FleetWindowChanged', data: {} });
    expect(await ask('w_4', { fleet: 'by_event' })).toMatchObject(refused);
  });

  it('stays when it is set to nothing', async () => {
    await world.ask('PUT', 'fleets/kept/window', nightly);
    const refused = { status: 400, body: { code: 'invalid-request' } };
    expect(await world.ask('PUT', 'fleets/kept/window')).toMatchObject(refused);
    expect(await world.ask('GET', 'fleets/kept/window')).toMatchObject({ status: 200, body: nightly });
  });
});

describe('the list of windows', () => {
  it('has those of all fleets, by name, page by page', async () => {
    for (const fleet of ['a:1', 'b/2', 'c'])
      await world.ask('PUT', `fleets/${encodeURIComponent(fleet)}/window`, nightly);
    const fleets: unknown[] = [];
    let cursor: unknown = '';
    do {
      const at = cursor === '' ? '' : `&cursor=${String(cursor)}`;
      const { status, body } = await world.ask('GET', `windows?limit=2${at}`, undefined, as('viewer'));
      expect(status).toBe(200);
      fleets.push(...(body['items'] as { fleet: string }[]).map(({ fleet }) => fleet));
      cursor = body['next_cursor'];
    } while (cursor !== null);
    expect(fleets).toEqual(expect.arrayContaining(['a:1', 'b/2', 'c']));
    expect(fleets).toEqual([...new Set(fleets)].toSorted());
    const other = await world.ask('GET', 'windows', undefined, as('viewer', 'globex'));
    expect(other.body).toMatchObject({ items: [], next_cursor: null, position: expect.any(Number) as number });
  });

  it.each(['windows?limit=0', 'windows?limit=1e2', 'windows?cursor=AA', 'windows?fleet=a', 'windows?after=-1'])(
    'refuses %s',
    async (path) => {
      expect(await world.ask('GET', path)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    },
  );
});
