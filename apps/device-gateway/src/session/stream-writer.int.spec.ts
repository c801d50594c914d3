import { deviceStream } from '@edgeflow/contracts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OtaEvent } from '@edgeflow/contracts';
import { systemMachine } from '@edgeflow/runtime';
import type { RunningService } from '@edgeflow/service-host';
import { World, eventually, hello, type TestDevice } from '../testing/world.fixture.js';
import type { Ending } from './ending.js';
import { GroupCommit } from './group-commit.js';
import { StreamWriter } from './stream-writer.js';
import { connectedEvent, disconnectedEvent, versionEvent, type AuthorizedSession } from './session.events.js';

let world: World;
let gateway: RunningService;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
});
afterAll(() => world.stop());

const now = () => new Date().toISOString();

/** A tunnel that has joined, with its pen. */
async function joined() {
  const device = await world.device(gateway);
  const tunnel = tunnelOf(device);
  const hers = connectedEvent(tunnel, hello(), now());
  await append(hers);
  const endings: Ending[] = [];
  const seen = await world.log.lastPosition(deviceStream(device));
  const commits = new GroupCommit(world.log);
  const written = { id: hers.id, position: seen };
  const lastGoodbye = { said: () => undefined };
  const unanswered = { note: () => undefined };
  const at = { log: world.log, commits, lastGoodbye, unanswered, machine: systemMachine };
  const writer = new StreamWriter(at, tunnel, { seen, written }, (ending) => endings.push(ending));
  return { device, tunnel, writer, commits, endings };
}

function tunnelOf({ org, device_id, public_key }: TestDevice): AuthorizedSession {
  return {
    org,
    device_id,
    session_id: `ses-${randomUUID()}`,
    gateway_id: 'gw-1',
    protocol: 'edgeflow.ota.v1',
    key: public_key.x,
    model: 'cam-1',
    born_after: 0,
    opened_after: 0,
    opened_at: now(),
  };
}

async function append(event: OtaEvent): Promise<void> {
  const { org, entity, entity_id } = event;
  await world.log.append([event], { after: await world.log.lastPosition({ org, entity, entity_id }) });
}

const version = (tunnel: AuthorizedSession, nth: number) => ({
  event: versionEvent(tunnel, { hello: hello() }, nth, now()),
});
const goodbye = (tunnel: AuthorizedSession) => ({
  event: disconnectedEvent(tunnel, { close_code: 1000, reason: 'bye' }, now()),
  outlives: true,
});
const names = async (device: TestDevice): Promise<string[]> =>
  (await world.log.read(deviceStream(device))).map(({ type }) => type).slice(2);

describe('the pen of a tunnel', () => {
  it('goes on when the log has forgotten the newest of its stream', async () => {
    const { device, tunnel, writer } = await joined();
    writer.write({ event: connectedEvent({ ...tunnel, lease_s: 1 }, hello(), now(), 1) });
    await writer.idle();
    const leased = await world.log.lastPosition(deviceStream(device));
    await eventually(async () => (await world.log.lastPosition(deviceStream(device))) < leased || undefined, 'the end');
    writer.write(version(tunnel, 1));
    await writer.idle();
    expect(await names(device)).toEqual(['DeviceVersionReported']);
  });

  it('writes in order', async () => {
    const { device, tunnel, writer } = await joined();
    for (const nth of [1, 2, 3]) writer.write(version(tunnel, nth));
    writer.write(goodbye(tunnel));
    await writer.idle();
    expect(await names(device)).toEqual([...Array<string>(3).fill('DeviceVersionReported'), 'DeviceDisconnected']);
  });

  it('goes on after the late goodbye of an older tunnel', async () => {
    const { device, tunnel, writer, endings } = await joined();
    await append(disconnectedEvent(tunnelOf(device), { close_code: 1006, reason: 'late' }, now()));
    writer.write(version(tunnel, 1));
    await writer.idle();
    expect(await names(device)).toEqual(['DeviceDisconnected', 'DeviceVersionReported']);
    expect(endings).toEqual([]);
  });

  it('writes the same event once', async () => {
    const { device, tunnel, writer } = await joined();
    writer.write(version(tunnel, 1));
    writer.write(version(tunnel, 1));
    await writer.idle();
    expect(await names(device)).toEqual(['DeviceVersionReported']);
  });

  it('writes nothing but its goodbye once a newer tunnel is there', async () => {
    const { device, tunnel, writer, endings } = await joined();
    await append(connectedEvent(tunnelOf(device), hello(), now()));
    writer.write(version(tunnel, 1));
    writer.write(version(tunnel, 2));
    await writer.idle();
    writer.write(goodbye(tunnel));
    await writer.idle();
    expect(await names(device)).toEqual(['DeviceConnected', 'DeviceDisconnected']);
    expect(endings.map(({ reason }) => reason)).toEqual(['replaced']);
  });

  it('leaves its goodbye unsaid where a newer tunnel is there and many wait to write', async () => {
    const { device, tunnel, writer, commits } = await joined();
    await append(connectedEvent(tunnelOf(device), hello(), now()));
    const others = await Promise.all(Array.from({ length: 4 }, () => world.device(gateway)));
    const crowd = Array.from({ length: 240 }, (_, n) => {
      const other = others[n % others.length]!;
      return commits.append(deviceStream(other), [connectedEvent(tunnelOf(other), hello(), now())], { after: 0 });
    });
    const settled = Promise.allSettled(crowd);
    writer.write(goodbye(tunnel));
    await writer.idle();
    expect((await settled).filter(({ status }) => status === 'fulfilled')).toEqual([]);
    expect(await names(device)).toEqual(['DeviceConnected']);
  });

  it('notices by a look alone that the device is revoked', async () => {
    const { device, writer, endings } = await joined();
    await writer.verify();
    expect(endings).toEqual([]);
    const data = { device_id: device.device_id, revoked_by: 'ada' };
    await world.append(deviceStream(device), { type: 'DeviceRevoked', data });
    await writer.verify();
    await writer.verify();
    expect(endings.map(({ reason }) => reason)).toEqual(['revoked']);
  });

  it('gives up a tunnel that says more than can wait, and keeps the newest of what is coalesced', async () => {
    const { device, tunnel, writer, endings } = await joined();
    for (let nth = 0; nth < 200; nth++) writer.write({ ...version(tunnel, nth), latest: 'version' });
    await writer.idle();
    expect(endings).toEqual([]);
    expect(await names(device)).toHaveLength(2);
    for (let nth = 200; nth < 400; nth++) writer.write(version(tunnel, nth));
    await writer.idle();
    expect(endings.map(({ reason }) => reason)).toEqual(['log-unavailable']);
  });
});
