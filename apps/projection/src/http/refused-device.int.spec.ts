import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { storyOf } from '../testing/device-story.fixture.js';
import { World } from '../testing/running-projection.fixture.js';

let world: World;
let projection: RunningService;

beforeAll(async () => {
  world = await World.open();
  projection = await world.start(await world.postgres.freshDatabase());
});
afterAll(() => world.close());

async function why(device_id: string, after: number): Promise<[unknown, unknown][]> {
  const { body } = await world.get(projection, `/query/v1/devices/${device_id}/why?after=${after}`);
  return body.items.map(({ type, data }) => [type, (data as { count?: number }).count]);
}

describe('why a device is where it is', () => {
  it('says what it was refused since, of each reason the newest', async () => {
    const device = storyOf('refused_1');
    const { tell } = world.writer;
    await tell(device.registered(), device.refused('tunnel', 9, 'token-expired'), device.connected());
    await tell(device.requested(1, '1.1.0'), device.queued(1, '1.1.0'), device.dispatched(1, '1.1.0'));
    await tell(device.refused('tunnel', 1, 'token-expired'), device.refused('frame', 2, 'unknown-phase'));
    const last = await tell(device.refused('tunnel', 12, 'token-expired'));
    const items = await why('refused_1', last);
    expect(items.slice(0, 2)).toEqual([
      ['DeviceRefused', 12],
      ['DeviceRefused', 2],
    ]);
    expect(items.filter(([type]) => type === 'DeviceRefused')).toHaveLength(2);
    const { body } = await world.get(projection, '/query/v1/devices/refused_1/events?type=DeviceRefused');
    expect(body.items).toHaveLength(4);
  });

  it('says it of a device that was never updated', async () => {
    const device = storyOf('refused_2');
    const { tell } = world.writer;
    const last = await tell(device.registered(), device.refused('tunnel', 3, 'device-revoked'), device.connected());
    expect(await why('refused_2', last)).toContainEqual(['DeviceRefused', 3]);
  });

  it('keeps the version of a device as it says it', async () => {
    const device = storyOf('refused_3');
    const last = await world.writer.tell(device.registered(), device.connected(), device.runs('factory-2019-07'));
    const { body } = await world.get(projection, `/query/v1/devices/refused_3?after=${last}`);
    expect(body).toMatchObject({ current_version: 'factory-2019-07' });
  });
});
