import { signDeviceToken, deviceKeyFromSeed } from '@edgeflow/device-agent';
import type { MemoryLogFaults } from '@edgeflow/event-log/memory';
import { SeededEntropy } from '@edgeflow/simulation';
import { beforeEach, describe, expect, it } from 'vitest';
import type { GatewayCore } from '../../core.js';
import { hello } from '../../session/session.fixture.js';
import { MemoryConnection } from '../../testing/memory-connection.fixture.js';
import { MemoryWorld, ORG } from '../../testing/memory-world.fixture.js';

const key = deviceKeyFromSeed(Buffer.alloc(32, 9));
const entropy = new SeededEntropy(5);

/** The log answers no append. */
let silent: boolean;
let world: MemoryWorld;
let gateway: GatewayCore;

beforeEach(async () => {
  silent = false;
  const strikes: MemoryLogFaults['strikes'] = (fault, { what }) =>
    silent && fault === 'answer-lost' && what.startsWith('ota.');
  world = await MemoryWorld.of(12, { strikes });
  gateway = await world.gateway();
  await register('dev-9');
});

async function register(device_id: string): Promise<void> {
  const about = { device_id, model: 'cam-1', public_key: key.public_key, registered_by: 'ada' };
  await world.time.until(gateway.devices.register(ORG, about));
}

/** Another device asks for a tunnel. */
function knock(): Promise<unknown> {
  const device = { device_id: 'dev-9', org: ORG, private_key: key.private_key };
  const token = signDeviceToken(device, { now: world.log.clock.now().getTime(), entropy });
  const request = { authorization: `Bearer ${token}`, ip: '10.0.0.9', isGone: () => false };
  return world.time.until(gateway.tunnels.admit(request).catch((error: unknown) => error));
}

/** So many say hello, and nobody hears that it is stored. */
async function crowd(count: number): Promise<void> {
  const tunnels: MemoryConnection[] = [];
  for (const device_id of Array.from({ length: count }, (_, n) => `crowd-${n}`)) {
    await register(device_id);
    tunnels.push(await world.time.until(MemoryConnection.at(gateway, { org: ORG, device_id })));
  }
  silent = true;
  for (const tunnel of tunnels) tunnel.say(hello);
}

describe('a gateway at which many wait for their welcome', () => {
  it('lets nobody join them once they wait too long, and says when to come', async () => {
    await crowd(101);
    expect(await knock()).toMatchObject({ device: { device_id: 'dev-9' } });
    await world.time.pass(5_500);
    const refused = { code: 'service-unavailable', facts: { retry_after_s: expect.any(Number) } };
    expect(await knock()).toMatchObject(refused);
  });

  it('lets devices in again when they are through, or gone', async () => {
    await crowd(101);
    await world.time.pass(5_500);
    silent = false;
    await world.time.pass(30_000);
    expect(await knock()).toMatchObject({ device: { device_id: 'dev-9' } });
  });

  it('lets devices in beside a few that are stuck', async () => {
    await crowd(20);
    await world.time.pass(5_500);
    expect(await knock()).toMatchObject({ device: { device_id: 'dev-9' } });
  });
});
