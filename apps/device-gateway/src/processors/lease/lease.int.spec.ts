import { deviceStream } from '@edgeflow/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { GatewayProcess } from '../../testing/gateway-process.fixture.js';
import { World, eventually, hello, type TestDevice } from '../../testing/world.fixture.js';
import { readLease, type LeaseRecord } from './lease-record.js';

/** Short, so that a spec sees it run out. */
const SHORT = { GATEWAY_LEASE_S: '2' };
/** So long that nothing of it happens within a spec. */
const LONG = { GATEWAY_LEASE_S: '600' };

let world: World;
let registrar: RunningService;
const processes: GatewayProcess[] = [];
const gateways: RunningService[] = [];

beforeAll(async () => {
  world = await World.start();
  registrar = await world.gateway({ GATEWAY_ID: 'gw-registrar' });
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.kill()));
  await Promise.all(gateways.splice(0).map((one) => one.stop()));
});
afterAll(() => world.stop());

/** A gateway in this process, for one test. */
async function gatewayOf(settings: NodeJS.ProcessEnv): Promise<RunningService> {
  const gateway = await world.gateway(settings);
  gateways.push(gateway);
  return gateway;
}

function started(settings: NodeJS.ProcessEnv): GatewayProcess {
  const gateway = new GatewayProcess(world.environment(settings));
  processes.push(gateway);
  return gateway;
}

async function leaseOf(gatewayId: string): Promise<(LeaseRecord & { position: number }) | undefined> {
  const found = await world.log.gatewayLeases.find(gatewayId);
  return found && { ...readLease(found).record, position: found.position };
}

/** Settles when the gateways have renewed their leases so many times. */
async function renewed(times: number, ...ids: string[]): Promise<void> {
  for (let n = 0; n < times; n++) {
    const before = await Promise.all(ids.map((id) => leaseOf(id)));
    for (const [index, id] of ids.entries()) {
      const hasMoved = async () => ((await leaseOf(id))?.position === before[index]?.position ? undefined : true);
      await eventually(hasMoved, `a renewal of ${id}`);
    }
  }
}

async function goodbyes(device: TestDevice): Promise<string[]> {
  return (await world.all(device, 'DeviceDisconnected')).map(({ data }) => data.reason);
}

/** A device whose gateway of that name is an older release, without a lease. */
async function connectedTo(gateway_id: string): Promise<TestDevice> {
  const device = await world.device(registrar);
  const { type: _, ...said } = hello();
  const data = {
    device_id: device.device_id,
    session_id: `ses-${device.device_id}`,
    gateway_id,
    protocol: 'edgeflow.ota.v1',
    ...said,
  };
  await world.append(deviceStream(device), { type: 'DeviceConnected', data });
  return device;
}

describe('a gateway whose id a live gateway has', () => {
  it('is refused with who that is, and the devices of the other stay online and can be updated', async () => {
    const first = await gatewayOf({ GATEWAY_ID: 'gw-used', ...SHORT });
    const device = await world.device(first);
    const tunnel = await world.connected(first, device);
    const second = started({ GATEWAY_ID: 'gw-used', ...SHORT });
    expect(await second.ended).toBe(78);
    const [reason] = second.lines.filter(({ level }) => level === 'fatal').map(({ msg }) => msg);
    expect(reason).toMatch(
      /^gateway-id-in-use: GATEWAY_ID gw-used is held by a live gateway \(host .+, process \d+, since .+\)/,
    );
    expect(reason).toContain(`process ${process.pid},`);
    expect(await goodbyes(device)).toEqual([]);
    const { data } = await world.dispatch(device);
    expect(await tunnel.next('update')).toMatchObject({ update_id: data.update_id });
  });

  it('is refused also where both start at the same time', async () => {
    const starts = [1, 2].map(() => gatewayOf({ GATEWAY_ID: 'gw-both', ...SHORT }));
    const outcomes = await Promise.allSettled(starts);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => (reason as { code?: string }).code)).toEqual(['gateway-id-in-use']);
  });

  it('may be it when that one has stopped in good order', async () => {
    const first = await gatewayOf({ GATEWAY_ID: 'gw-next', ...LONG });
    await first.stop();
    expect(await leaseOf('gw-next')).toMatchObject({ status: 'released' });
    await gatewayOf({ GATEWAY_ID: 'gw-next', ...LONG });
    expect(await leaseOf('gw-next')).toMatchObject({ status: 'held' });
  });
});

describe('a gateway that was killed', () => {
  it('starts again on its machine without waiting for its lease, and says goodbye for its tunnels', async () => {
    const settings = { GATEWAY_ID: 'gw-again', ...LONG };
    const first = started(settings);
    const device = await world.device(registrar);
    await world.connected({ url: await first.url() }, device);
    await first.kill();
    expect(await leaseOf('gw-again')).toMatchObject({ status: 'held' });
    const second = started(settings);
    await second.url();
    expect(second.said('watching whether it lives')).toBeUndefined();
    await world.recorded(device, 'DeviceDisconnected');
    expect(await goodbyes(device)).toEqual(['gateway-restarted']);
  });

  it('and never comes back is found by the others, who say goodbye for its tunnels', async () => {
    const gone = started({ GATEWAY_ID: 'gw-gone', ...SHORT });
    const [lost, moved] = await Promise.all([world.device(registrar), world.device(registrar)]);
    const url = await gone.url();
    await world.connected({ url }, lost);
    await world.connected({ url }, moved);
    const watchers = await Promise.all(['gw-w1', 'gw-w2'].map((GATEWAY_ID) => gatewayOf({ GATEWAY_ID, ...SHORT })));
    await gone.kill();
    await world.connected(watchers[0]!, moved);
    expect((await world.recorded(lost, 'DeviceDisconnected')).data).toMatchObject({
      ...{ gateway_id: 'gw-gone', close_code: 1006, reason: 'gateway-lost' },
    });
    await eventually(
      async () => ((await leaseOf('gw-gone'))?.status === 'released' ? true : undefined),
      'the release of a lost gateway',
    );
    await renewed(8, 'gw-w1', 'gw-w2');
    expect(await goodbyes(lost)).toEqual(['gateway-lost']);
    expect(await goodbyes(moved)).toEqual([]);
  });
});

describe('a gateway that was frozen', () => {
  it('is taken over, and ends itself when it thaws', async () => {
    const settings = { GATEWAY_ID: 'gw-frozen', ...SHORT };
    const frozen = started(settings);
    const device = await world.device(registrar);
    const tunnel = await world.connected({ url: await frozen.url() }, device);
    frozen.signal('SIGSTOP');
    const next = await gatewayOf(settings);
    await world.recorded(device, 'DeviceDisconnected');
    expect(await goodbyes(device)).toEqual(['gateway-restarted']);

    frozen.signal('SIGCONT');
    expect(await frozen.ended).toBe(1);
    expect(frozen.said('the lease of gateway gw-frozen was taken')).toMatchObject({ level: 'fatal' });
    expect((await tunnel.closed).code).toBe(1012);
    await world.recorded(device, 'DeviceDisconnected');
    expect(await goodbyes(device)).toEqual(['gateway-restarted']);
    await renewed(2, 'gw-frozen');
    await world.connected(next, device);
    await world.recorded(device, 'DeviceDisconnected');
    expect(await goodbyes(device)).toEqual(['gateway-restarted']);
  });

  it('and found lost by another gateway ends itself too', async () => {
    const frozen = started({ GATEWAY_ID: 'gw-cold', ...SHORT });
    const device = await world.device(registrar);
    const tunnel = await world.connected({ url: await frozen.url() }, device);
    await gatewayOf({ GATEWAY_ID: 'gw-warm', ...SHORT });
    frozen.signal('SIGSTOP');
    await world.recorded(device, 'DeviceDisconnected');
    frozen.signal('SIGCONT');
    expect(await frozen.ended).toBe(1);
    expect((await tunnel.closed).code).toBe(1012);
    expect(await goodbyes(device)).toEqual(['gateway-lost']);
  });
});

describe('gateways side by side', () => {
  it('leave each other alone, and what an older release without leases holds', async () => {
    const both = await Promise.all(['gw-a', 'gw-b'].map((GATEWAY_ID) => gatewayOf({ GATEWAY_ID, ...SHORT })));
    const devices = await Promise.all(both.map((gateway) => world.device(gateway)));
    const tunnels = await Promise.all(both.map((gateway, n) => world.connected(gateway, devices[n]!)));
    const older = await connectedTo('gw-older');
    await renewed(14, 'gw-a', 'gw-b');
    for (const device of [...devices, older]) expect(await goodbyes(device)).toEqual([]);
    expect(tunnels.map(({ socket }) => socket.readyState)).toEqual([1, 1]);
    const { status, body } = await readinessOf(both[0]!);
    expect({ status, lease: body.details['lease'] }).toMatchObject({ status: 200, lease: { status: 'up' } });
  });
});

describe('an outage of NATS that is longer than the leases', () => {
  it('leaves gateways and their tunnels as they are, and says in the meantime that leases are not renewed', async () => {
    const ids = ['gw-out-1', 'gw-out-2'];
    const both = await Promise.all(ids.map((GATEWAY_ID) => gatewayOf({ GATEWAY_ID, ...SHORT })));
    const devices = await Promise.all(both.map((gateway) => world.device(gateway)));
    const tunnels = await Promise.all(both.map((gateway, n) => world.connected(gateway, devices[n]!)));
    const starting = started({ GATEWAY_ID: 'gw-out-1', ...SHORT });
    await eventually(() => Promise.resolve(starting.said('watching whether it lives')), 'a watch');
    await world.nats.kill();
    await eventually(async () => {
      const { body } = await readinessOf(both[0]!);
      return /lease of gateway gw-out-1 was not renewed/.test(JSON.stringify(body)) ? true : undefined;
    }, 'a lease that is not renewed in /readyz');
    await sleep(5_000);
    await world.nats.restart();
    await renewed(10, ...ids);
    expect(await starting.ended).toBe(78);
    for (const device of devices) expect(await goodbyes(device)).toEqual([]);
    expect(tunnels.map(({ socket }) => socket.readyState)).toEqual([1, 1]);
    expect(await Promise.all(ids.map(async (id) => (await leaseOf(id))?.status))).toEqual(['held', 'held']);
  });
});

describe('a gateway that stops while the log is away', () => {
  it('leaves its lease to be found, and the others say the goodbyes that it owes', async () => {
    const stopping = await gatewayOf({ GATEWAY_ID: 'gw-owing', ...SHORT });
    const device = await world.device(stopping);
    await world.connected(stopping, device);
    await world.nats.kill();
    await stopping.stop();
    await world.nats.restart();
    await gatewayOf({ GATEWAY_ID: 'gw-paying', ...SHORT });
    expect((await world.recorded(device, 'DeviceDisconnected')).data.reason).toBe('gateway-lost');
  });
});

async function readinessOf({ url }: { url: string }): Promise<{ status: number; body: Readiness }> {
  const answer = await fetch(`${url}/readyz`);
  return { status: answer.status, body: (await answer.json()) as Readiness };
}

interface Readiness {
  details: Record<string, unknown>;
}
