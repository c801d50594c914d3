import { beforeEach, describe, expect, it } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import type { GatewayCore } from '../../core.js';
import { MemoryWorld } from '../../testing/memory-world.fixture.js';
import { hello } from '../../testing/world.fixture.js';

const READING = 'consumer.add OTA';

let world: MemoryWorld;
let first: GatewayCore;
/** Nobody may read the log as a whole. */
let isAway: boolean;
/** Readings of the log as a whole, by the process that began them. */
let readings: string[];
beforeEach(async () => {
  [isAway, readings] = [false, []];
  world = await MemoryWorld.of(31, {
    delay_ms: (step, { node, what }) => {
      if (step === 'to-server' && what === READING) readings.push(node);
      return step === 'reconnect' ? 250 : 1;
    },
    strikes: (fault, { what }) => isAway && fault === 'request-lost' && what === READING,
  });
  first = await world.gateway();
  await world.registered(first);
});

const goodbyes = async (): Promise<unknown[]> =>
  (await world.history()).flatMap((event: StoredEvent) => (event.type === 'DeviceDisconnected' ? [event.data] : []));

describe('a gateway that comes back after a crash', () => {
  beforeEach(async () => {
    await world.heardBy('gw-1');
    world.crash();
    isAway = true;
  });

  it('lets devices in before it knows who was there', async () => {
    const tunnel = await world.tunnel(await world.gateway());
    tunnel.say(hello({ boot_id: 'boot-2' }));
    await world.time.pass(1_000);
    expect(tunnel.frames).toMatchObject([{ type: 'welcome' }]);
    isAway = false;
    await world.time.pass(120_000);
    // Its hello has said as well that the session before is over.
    expect(await goodbyes()).toEqual([]);
  });

  it('says goodbye for who does not come again, as soon as it knows', async () => {
    await world.gateway();
    await world.time.pass(20_000);
    expect(await goodbyes()).toEqual([]);
    isAway = false;
    await world.time.pass(20_000);
    expect(await goodbyes()).toMatchObject([{ session_id: 'ses-gw-1', reason: 'gateway-restarted' }]);
  });

  it('leaves its id to others to be found lost, where it stops before that', async () => {
    const core = await world.gateway();
    await world.time.until(core.stop());
    isAway = false;
    await world.gateway('gw-2');
    await world.time.pass(90_000);
    expect(await goodbyes()).toMatchObject([{ session_id: 'ses-gw-1', reason: 'gateway-lost' }]);
  });
});

it('a gateway whose id was given back does not look who was there: one reading of the log is for what its tunnels miss', async () => {
  await world.time.pass(1_000);
  await world.time.until(first.stop());
  await world.gateway();
  await world.time.pass(10_000);
  const others = readings.filter((node) => node === 'gateway-1');
  expect(others).toHaveLength(1);
});
