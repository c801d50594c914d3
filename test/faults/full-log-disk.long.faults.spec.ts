import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ids, Rollouts } from '../e2e/rollouts.harness.js';
import { holds } from './invariants.js';
import { canMakeDisks, SmallDisk } from './small-disk.js';

let rollouts: Rollouts;
let disk: SmallDisk;

describe.skipIf(!canMakeDisks)('a disk of nats-server that is full', () => {
  beforeAll(async () => {
    rollouts = await Rollouts.start();
    // What the streams may hold at most has to fit the disk, or the server does not take them.
    disk = await SmallDisk.under(rollouts.standalone, 'nats', 512);
  });
  afterAll(async () => {
    await rollouts.standalone.stop();
    await disk.remove();
    await rollouts.dispose();
  });

  it('is named, refuses with 503, and once there is room all goes on without a hand', async () => {
    const { standalone } = rollouts;
    const fleet = await rollouts.fleet('full');
    await fleet.join(ids(2, 'full'));
    await disk.fill();
    const ask = async (n: number): Promise<number> => {
      const path = '/orchestrator/v1/updates';
      const { status } = await standalone.ask('acme', 'operator', 'POST', path, {
        device_id: `x${n}`,
        version: '2.0.0',
      });
      return status;
    };
    await standalone.eventually(
      async () => ({ status: await ask(1), body: undefined }),
      ({ status }) => status === 503,
    );
    await standalone.eventually(
      () => standalone.ask('acme', 'admin', 'GET', '/orchestrator/readyz'),
      ({ status, body }) => status === 503 && JSON.stringify(body).includes('nothing has been stored for'),
    );
    const before = standalone.pidOf('nats-server');
    await disk.free();
    let n = 2;
    await standalone.eventually(
      async () => ({ status: await ask(n++), body: undefined }),
      ({ status }) => status !== 503,
    );
    await standalone.look();
    expect(standalone.pidOf('nats-server')).not.toBe(before);
    expect(standalone.output).toContain('its disk was full and has room again');
    const body = { version: '2.0.0', strategy: { type: 'all_at_once' }, target: { fleet: 'full' } };
    const id = await rollouts.start(body, 2);
    expect((await rollouts.reaches(id, 'completed')).succeeded).toBe(2);
    await holds(standalone);
  });
});
