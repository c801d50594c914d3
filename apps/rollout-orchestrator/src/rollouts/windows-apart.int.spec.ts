import { afterEach, afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Fleet, ids } from '../testing/fleet.fixture.js';
import { World } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.begin();
  fleet = new Fleet(world);
  await world.firmware('1.0.0');
  await world.firmware('2.0.0');
  const put = await world.ask('PUT', 'fleets/north/window', { cron: '0 3 * * *', duration_s: 3_600, time_zone: 'UTC' });
  expect(put).toMatchObject({ status: 202 });
});
afterEach(async () => {
  fleet.stop();
  await world.end();
});

const noon = { cron: '0 12 * * *', duration_s: 3_600, time_zone: 'UTC' };
const allAtOnce = { version: '2.0.0', strategy: { type: 'all_at_once' }, window: noon };
const both = ['rollouts', 'rollouts?dry_run=true'];

describe('a rollout whose window', () => {
  it('is never open together with that of its fleet is refused, planned and asked for', async () => {
    await fleet.join(ids(2), { fleet: 'north' });
    for (const target of [{ fleet: 'north' }, { filter: { model: 'm1' } }, { devices: ids(2) }]) {
      for (const path of both) {
        const answer = await world.ask('POST', path, { ...allAtOnce, target });
        expect(answer).toMatchObject({ status: 409, body: { code: 'window-never-opens' } });
      }
    }
    const joined = { ...allAtOnce, target: { fleet: 'north' }, membership: 'continuous' };
    expect(await world.ask('POST', 'rollouts', joined)).toMatchObject({ body: { code: 'window-never-opens' } });
  });

  it('is so for some devices alone is taken, and says of how many', async () => {
    await fleet.join(ids(2), { fleet: 'north' });
    await fleet.join(['dev_91'], { fleet: 'south' });
    const warnings = { 'window-never-opens': 2 };
    const dry = await world.ask('POST', 'rollouts?dry_run=true', { ...allAtOnce, target: { filter: { model: 'm1' } } });
    expect(dry).toMatchObject({ status: 200, body: { eligible: 3, warnings } });
    const id = await world.rollout({ ...allAtOnce, target: { filter: { model: 'm1' } } });
    expect(await world.reaches(id, 'running')).toMatchObject({ warnings });
  });

  it('opens together with that of the fleet at some time is taken', async () => {
    await fleet.join(ids(1), { fleet: 'north' });
    const window = { ...noon, cron: '30 3 1 1 *' };
    const dry = await world.ask('POST', 'rollouts?dry_run=true', { ...allAtOnce, window, target: { fleet: 'north' } });
    expect(dry).toMatchObject({ status: 200, body: { eligible: 1, warnings: {} } });
  });
});
