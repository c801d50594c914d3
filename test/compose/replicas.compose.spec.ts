import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { FleetOwner, expectStatus } from './fleet-owner.js';
import { Stack, imageFile } from './stack.js';

const SERVICES = ['firmware-registry', 'rollout-orchestrator', 'device-gateway', 'projection'] as const;
const MODEL = 'replica-board';
const place = inject('place');

describe.skipIf(!place)('two replicas of each service', () => {
  const stack = new Stack(place!);
  let owner: FleetOwner;

  beforeAll(async () => {
    owner = await FleetOwner.of(stack);
    await owner.publish(await imageFile(place!.work, 'replicas.bin', 1 << 20), '1.1.0', MODEL);
    await stack.up(...SERVICES.flatMap((service) => ['--scale', `${service}=2`]));
    owner.fleet(24, { fleet: 'south', model: MODEL, prefix: 'south' });
  });
  afterAll(async () => {
    owner?.leave();
    await stack.up(...SERVICES.flatMap((service) => ['--scale', `${service}=1`]));
  });

  const allOnline = (): Promise<number> =>
    stack.eventually(
      'all devices are online',
      () => owner.online('south'),
      (online) => online === 24,
    );
  /** How many tunnels each gateway has. */
  async function tunnels(): Promise<number[]> {
    const gateways = await stack.containers('device-gateway');
    return Promise.all(
      gateways.map(async (gateway) => Number(/^edgeflow_tunnels (\d+)/m.exec(await stack.metrics(gateway))?.[1])),
    );
  }

  it('share the devices, and none is said goodbye for', async () => {
    await allOnline();
    const each = await tunnels();
    expect(each).toHaveLength(2);
    expect(Math.min(...each)).toBeGreaterThan(0);
    expect(await owner.online('south')).toBe(24);
  });

  it('share the requests', async () => {
    for (const [prefix, service] of [
      ['registry', 'firmware-registry'],
      ['orchestrator', 'rollout-orchestrator'],
      ['gateway', 'device-gateway'],
      ['query', 'projection'],
    ] as const) {
      const answered = async (): Promise<number> => {
        for (let n = 0; n < 16; n++) expectStatus(404, await stack.ask('viewer', 'GET', `/${prefix}/v1/none-${n}`));
        const all = await stack.containers(service);
        const said = await Promise.all(all.map(({ id }) => stack.docker('logs', id)));
        return said.filter((lines) => lines.includes(`/${prefix}/v1/none-`)).length;
      };
      // One that has not answered the origin's look for two seconds, on a busy machine, is passed over until the next.
      await stack.eventually(`both of ${service} are asked`, answered, (count) => count === 2);
    }
  });

  // Before any is killed or frozen: a device that has just moved may be away for a moment.
  it('do not start with the id of a gateway that lives', async () => {
    const [taken] = await stack.containers('device-gateway');
    const hostname = (await stack.docker('inspect', '--format', '{{.Config.Hostname}}', taken!.id)).trim();
    const refused = stack.compose('run', '--rm', '-T', '--no-deps', '-e', `GATEWAY_ID=${hostname}`, 'device-gateway');
    await expect(refused).rejects.toThrow(/ended with 78:[^]*gateway-id-in-use/);
    expect(await owner.online('south')).toBe(24);
  });

  it('go on when a gateway is gone: its devices move to the other one', async () => {
    const [first] = await stack.containers('device-gateway');
    process.kill(first!.pid, 'SIGKILL');
    await allOnline();
    expect(await owner.update('south-000003', '1.1.0')).toMatchObject({ ota_status: 'completed' });
  });

  it('go on when a registry and a gateway are frozen', async () => {
    const frozen: number[] = [];
    for (const service of ['firmware-registry', 'device-gateway'])
      frozen.push((await stack.containers(service))[0]!.pid);
    try {
      for (const pid of frozen) process.kill(pid, 'SIGSTOP');
      await stack.eventually(
        'no request waits for a frozen one',
        () => answered(),
        (all) => all,
      );
      await allOnline();
      expect(await owner.update('south-000004', '1.1.0')).toMatchObject({ ota_status: 'completed' });
    } finally {
      for (const pid of frozen) process.kill(pid, 'SIGCONT');
    }
  });

  /** Whether eight requests in a row are answered at once. */
  async function answered(): Promise<boolean> {
    for (let n = 0; n < 8; n++) {
      for (const prefix of ['registry', 'gateway']) {
        const response = await fetch(`${place!.origin}/${prefix}/readyz`, { signal: AbortSignal.timeout(5_000) });
        if (response.status !== 200) return false;
      }
    }
    return true;
  }
});
