import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { FleetOwner, expectStatus } from './fleet-owner.js';
import { Stack, imageFile } from './stack.js';

const MIB = 1 << 20;
const MODEL = 'compose-board';
const place = inject('place');

describe.skipIf(!place)('the deployed stack', () => {
  const stack = new Stack(place!);
  let owner: FleetOwner;

  beforeAll(async () => {
    owner = await FleetOwner.of(stack);
    for (const [version, size] of [
      ['1.1.0', MIB],
      ['1.2.0', 300 * MIB],
      ['1.3.0', MIB],
    ] as const) {
      await owner.publish(await imageFile(place!.work, `${version}.bin`, size), version, MODEL);
    }
    owner.agent('dev_1', MODEL);
    await owner.isOnline('dev_1');
  });
  afterAll(() => owner?.leave());

  /** How many tunnels have ended at the gateway, by its own count. */
  async function ended(): Promise<number> {
    const metrics = await stack.metrics((await stack.containers('device-gateway'))[0]!);
    return [...metrics.matchAll(/^edgeflow_tunnels_ended_total\{.*\} (\d+)/gm)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  }

  it('updates a device', async () => {
    expect(await owner.update('dev_1', '1.1.0')).toMatchObject({ ota_status: 'completed', current_version: '1.1.0' });
  });

  it('takes a new configuration of the origin without cutting a tunnel', async () => {
    const before = await ended();
    await stack.compose('exec', '-T', 'origin', 'caddy', 'reload', '--config', '/etc/caddy/Caddyfile', '--force');
    await sleep(3_000);
    expect(await ended()).toBe(before);
    expect(await owner.isOnline('dev_1')).toMatchObject({ online: true });
  });

  it('brings an image of 300 MB onto a device', async () => {
    expect(await owner.update('dev_1', '1.2.0')).toMatchObject({ ota_status: 'completed', current_version: '1.2.0' });
  });

  it('rolls a version out to a fleet of 20, a canary first', async () => {
    owner.fleet(20, { fleet: 'north', model: MODEL, prefix: 'north' });
    await stack.eventually(
      'the fleet is there',
      () => owner.online('north'),
      (online) => online === 20,
    );
    const { rollout_id } = expectStatus(
      202,
      await stack.ask<{ rollout_id: string }>('operator', 'POST', '/orchestrator/v1/rollouts', {
        version: '1.1.0',
        target: { fleet: 'north' },
        strategy: { type: 'canary', percent: 10, soak_s: 1, success_percent: 100, then: { type: 'all_at_once' } },
      }),
    );
    const rollout = () => stack.ask<{ state: string }>('viewer', 'GET', `/query/v1/rollouts/${rollout_id}`);
    await stack.eventually('the rollout is completed', rollout, ({ body }) => body.state === 'completed');
    const { items } = expectStatus(
      200,
      await stack.ask<{ items: object[] }>('viewer', 'GET', '/query/v1/devices?fleet=north&version=1.1.0'),
    );
    expect(items).toHaveLength(20);
  });

  it('keeps everything over down and up, and the device comes back by itself', async () => {
    await stack.compose('down');
    await stack.up();
    expect(await owner.device('dev_1')).toMatchObject({ current_version: '1.2.0' });
    await owner.isOnline('dev_1');
  });

  it.each([
    'nats',
    'postgres',
    's3',
    'firmware-registry',
    'rollout-orchestrator',
    'device-gateway',
    'projection',
    'origin',
  ])('gets over the sudden end of %s', async (service) => {
    const [before] = await stack.containers(service);
    // `docker kill` would count as wanted, and nothing would start it again.
    process.kill(before!.pid, 'SIGKILL');
    await stack.eventually(
      `${service} is back`,
      () => stack.containers(service),
      ([now]) => now !== undefined && now.started_at !== before!.started_at && ['healthy', 'none'].includes(now.health),
    );
    await owner.isOnline('dev_1');
  });

  it('updates the device after all that', async () => {
    expect(await owner.update('dev_1', '1.3.0')).toMatchObject({ ota_status: 'completed', current_version: '1.3.0' });
  });
});
