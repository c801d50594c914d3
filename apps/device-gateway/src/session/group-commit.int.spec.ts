import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { streamSubject, type OtaEvent, deviceStream } from '@edgeflow/contracts';
import { Conflict } from '@edgeflow/event-log';
import type { RunningService } from '@edgeflow/service-host';
import { World, hello, type TestDevice } from '../testing/world.fixture.js';
import { GroupCommit } from './group-commit.js';
import { connectedEvent, versionEvent, type SessionIdentity } from './session.events.js';

let world: World;
let gateway: RunningService;
let commits: GroupCommit;
/** How many events each append to the log had. */
const appends: number[] = [];
/** What is under way ends no sooner. */
let held: Promise<void> = Promise.resolve();

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
  const { log } = world;
  commits = new GroupCommit({
    epoch: log.epoch,
    charge: (events) => log.charge(events),
    append: async (events, expectation) => {
      appends.push(events.length);
      const appended = await log.append(events, expectation);
      await held;
      return appended;
    },
  });
});
beforeEach(() => void (appends.length = 0));
afterAll(() => world.stop());

const registered = (count: number): Promise<TestDevice[]> =>
  Promise.all(Array.from({ length: count }, () => world.device(gateway)));

function helloOf({ org, device_id }: TestDevice): OtaEvent[] {
  const tunnel: SessionIdentity = {
    org,
    device_id,
    session_id: `ses-${randomUUID()}`,
    gateway_id: 'gw-1',
    protocol: 'edgeflow.ota.v1',
  };
  const time = new Date().toISOString();
  return [connectedEvent(tunnel, hello(), time), versionEvent(tunnel, { hello: hello() }, 0, time)];
}

const lastOf = (device: TestDevice): Promise<number> => world.log.lastPosition(deviceStream(device));

describe('a group commit', () => {
  it('makes one batch of what comes while another is under way, and says where everybody stands', async () => {
    const devices = await registered(5);
    const seen = await Promise.all(devices.map(lastOf));
    const positions = await Promise.all(
      devices.map((device, n) => commits.append(deviceStream(device), helloOf(device), { after: seen[n]! })),
    );
    expect(appends).toEqual([2, 8]);
    expect(positions).toEqual(await Promise.all(devices.map(lastOf)));
  });

  it('turns back whoever looked at a stream before another one wrote to it, without asking the log', async () => {
    const [device] = await registered(1);
    const seen = await lastOf(device!);
    const both = [helloOf(device!), helloOf(device!)].map((events) =>
      commits.append(deviceStream(device!), events, { after: seen }),
    );
    const [first, second] = await Promise.allSettled(both);
    expect(first).toMatchObject({ status: 'fulfilled', value: await lastOf(device!) });
    expect(second).toMatchObject({ status: 'rejected', reason: expect.any(Conflict) });
    expect(appends).toEqual([2]);
    const looked = await lastOf(device!);
    expect(await commits.append(deviceStream(device!), helloOf(device!), { after: looked })).toBe(looked + 2);
  });

  it('turns back whoever waits when it hears that the stream has got longer, also by another hand', async () => {
    const [first, late] = await registered(2);
    const seen = await Promise.all([first!, late!].map(lastOf));
    const heard = Promise.withResolvers<void>();
    held = heard.promise;
    const under_way = commits.append(deviceStream(first!), helloOf(first!), { after: seen[0]! });
    const waiting = commits.append(deviceStream(late!), helloOf(late!), { after: seen[1]! });
    const { last } = await world.log.append([helloOf(late!)[0]!], { after: seen[1]! });
    commits.passed(deviceStream(late!), last);
    heard.resolve();
    await expect(waiting).rejects.toBeInstanceOf(Conflict);
    await under_way;
    expect(appends).toEqual([2]);
    expect(await commits.append(deviceStream(late!), helloOf(late!), { after: last })).toBe(last + 2);
  });

  it('lets nobody down, and nobody wait, for streams that have moved on', async () => {
    const devices = await registered(20);
    const seen = await Promise.all(devices.map(lastOf));
    const moved = [3, 8, 15];
    for (const n of moved) await world.append(deviceStream(devices[n]!), helloOf(devices[n]!)[1]!);
    const hellos = devices.map((device, n) =>
      commits.append(deviceStream(device), helloOf(device), { after: seen[n]! }),
    );
    const settled = await Promise.allSettled(hellos);
    const refused = settled.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []));
    expect(refused).toEqual(moved);
    expect(settled[3]).toMatchObject({ reason: { streams: [streamSubject(deviceStream(devices[3]!))] } });
    // The first is alone; all others, who are refused; all others without the three.
    expect(appends).toEqual([2, 38, 32]);
  });

  it('sends 500 streams of which one has moved on once, and again what stood beside that one', async () => {
    const devices = Array.from({ length: 500 }, (_, n) => of('acme', `one-of-500-${n}`));
    await world.log.append(helloOf(devices[250]!), { after: 0 });
    const settled = await Promise.allSettled(
      devices.map((device) => commits.append(deviceStream(device), helloOf(device), { after: 0 })),
    );
    expect(settled.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))).toEqual([250]);
    expect(appends).toEqual([2, 200, 200, 200, 198, 200, 198]);
  });

  it('finds what the log has taken already among the rest', async () => {
    const devices = await registered(8);
    const seen = await Promise.all(devices.map(lastOf));
    const hellos = devices.map(helloOf);
    await world.log.append(hellos[5]!, { after: seen[5]! });
    const positions = await Promise.all(
      devices.map((device, n) => commits.append(deviceStream(device), hellos[n]!, { after: seen[n]! })),
    );
    expect(positions).toEqual(await Promise.all(devices.map(lastOf)));
  });
});

describe('many group commits of one organization', () => {
  it('are no line in which another one waits', async () => {
    const strangers = Array.from({ length: 250 }, (_, n) => of('acme', `crowd-${n}`));
    const order: string[] = [];
    const append = (device: TestDevice): Promise<unknown> =>
      commits.append(deviceStream(device), helloOf(device), { after: 0 }).then(() => order.push(device.org));
    await Promise.all([...strangers.map(append), append(of('globex', 'alone'))]);
    // Behind the first append, which was under way, and one batch of both.
    expect(order.indexOf('globex')).toBeLessThanOrEqual(100);
  });
});

function of(org: string, device_id: string): TestDevice {
  return { org, device_id } as TestDevice;
}
