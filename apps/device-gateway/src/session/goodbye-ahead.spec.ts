import { deviceStream, toEvent, type EventStream, type Fact, type OtaEvent } from '@edgeflow/contracts';
import { Conflict, type EventLog } from '@edgeflow/event-log';
import { MemoryLog, MemoryLogServer, noFaults } from '@edgeflow/event-log/memory';
import type { Machine } from '@edgeflow/runtime';
import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { beforeEach, describe, expect, it } from 'vitest';
import { LastGoodbye } from '../processors/presence/last-goodbye.js';
import { UnansweredHellos } from '../processors/presence/unanswered-hellos.js';
import type { Looked } from '../devices/looked.js';
import { DeviceBudgets } from './device-budgets.js';
import type { DeviceHello } from './device-frame.js';
import { GroupCommit } from './group-commit.js';
import { connectDevice, type Admission } from './join-session.js';
import { connectedEvent, disconnectedEvent, type AuthorizedSession } from './session.events.js';

const DEVICE = { org: 'acme', device_id: 'dev-1' };
const STREAM = deviceStream(DEVICE);
const KEY = { kty: 'OKP' as const, crv: 'Ed25519' as const, x: 'y'.repeat(43) };
const OPENED = '2026-01-01T00:00:00.000Z';
const HELLO: DeviceHello = { type: 'hello', version: '1.0.0', model: 'cam-1', boot_id: 'boot-1' };

let time: VirtualTime;
let machine: Machine;
let log: EventLog;
let commits: GroupCommit;
/** The types of each append, and how often a device's stream was read. */
let appends: string[][];
let reads: number;

beforeEach(async () => {
  time = new VirtualTime();
  machine = time.machine(new SeededEntropy(1), { lane: 1 });
  const server = new MemoryLogServer({ clock: machine.clock, faults: { ...noFaults, delay_ms: () => 5 } });
  const real = await time.until(MemoryLog.connect(server, { name: 'spec', machine }));
  appends = [];
  reads = 0;
  log = Object.assign(Object.create(real) as EventLog, {
    append: (events: readonly OtaEvent[], ...how: [never]) => {
      appends.push(events.map(({ type }) => type));
      return real.append(events, ...how);
    },
    lastOfEach: (stream: EventStream) => {
      reads += 1;
      return real.lastOfEach(stream);
    },
  });
  commits = new GroupCommit(log);
  const registered = { device_id: 'dev-1', model: 'cam-1', public_key: KEY, registered_by: 'ada' };
  await time.until(real.append([eventOf({ type: 'DeviceRegistered', data: registered })], { after: 0 }));
});

const eventOf = (fact: Fact): OtaEvent =>
  toEvent(STREAM, fact, { id: `evt-${fact.type}`, source: '/spec', time: OPENED });

function sessionOf(session_id: string): AuthorizedSession {
  const gateway = { gateway_id: 'gw-1', protocol: 'memory', opened_at: OPENED, opened_after: 0 };
  return { ...DEVICE, session_id, ...gateway, key: KEY.x, model: 'cam-1', born_after: 0 };
}

/** Something of another device is under way, for so long as the log takes. */
function keepBusy(): Promise<number> {
  const other = { ...sessionOf('ses-other'), device_id: 'dev-2' };
  return commits.append(deviceStream(other), [connectedEvent(other, HELLO, OPENED)], { after: 0 });
}

/** A device joins that was looked at before. */
function join(session_id: string, looked: Looked, hello = HELLO): Promise<Admission> {
  const at = {
    ...{ log, commits, machine },
    lastGoodbye: new LastGoodbye(log, machine.clock),
    unanswered: new UnansweredHellos(machine.clock),
  };
  const budget = new DeviceBudgets(120, machine.clock).of(DEVICE);
  const [looks, wasOffered] = [[looked], false];
  const updates = () => Promise.resolve({ position: 0, last: {}, unread: [] });
  const how = { wanted: () => true, budget, looked: () => looks.shift(), updates, wasOffered };
  return connectDevice(at, sessionOf(session_id), hello, how);
}

/** The first session has joined. @returns the stream as it is then */
async function firstSession(): Promise<Looked> {
  await time.until(join('ses-1', { stream: await time.until(log.lastOfEach(STREAM)), epoch: log.epoch }));
  const looked: Looked = { stream: await time.until(log.lastOfEach(STREAM)), epoch: log.epoch, shared: true };
  [appends, reads] = [[], 0];
  return looked;
}

const goodbye = (how: { untold?: true } = {}) =>
  disconnectedEvent(sessionOf('ses-1'), { close_code: 1006, reason: 'gone', ...how }, OPENED);

describe('a device that comes back while its goodbye waits', () => {
  it('is one decision with it: one append, and nothing is read', async () => {
    const looked = await firstSession();
    const busy = keepBusy();
    const said = commits.append(STREAM, [goodbye()], { after: looked.stream.position });
    const admission = await time.until(join('ses-2', looked));
    expect(appends).toEqual([['DeviceConnected'], ['DeviceDisconnected', 'DeviceConnected']]);
    expect(reads).toBe(0);
    await busy;
    expect(admission).toMatchObject({ seen: (await said) + 1, written: { position: (await said) + 1 } });
  });

  it('says with it what its new boot proves, and knows that it was not told before', async () => {
    const looked = await firstSession();
    void keepBusy();
    void commits.append(STREAM, [goodbye({ untold: true })], { after: looked.stream.position });
    const hello = { ...HELLO, version: '2.0.0', boot_id: 'boot-2' };
    await time.until(join('ses-2', looked, hello));
    expect(appends[1]).toEqual(['DeviceDisconnected', 'DeviceConnected', 'DeviceVersionReported']);
    const stored = await time.until(log.read(STREAM));
    expect(stored.at(-1)).toMatchObject({ type: 'DeviceVersionReported', data: { untold: true } });
  });

  it('is decided again with what somebody else has written meanwhile', async () => {
    const looked = await firstSession();
    void keepBusy();
    const said = commits.append(STREAM, [goodbye()], { after: looked.stream.position });
    const refused = expect(said).rejects.toBeInstanceOf(Conflict);
    const moved = eventOf({
      type: 'DeviceVersionReported',
      data: { device_id: 'dev-1', model: 'cam-1', version: '1.5.0' },
    });
    const other = log.append([moved], { after: looked.stream.position });
    const admission = await time.until(join('ses-2', looked));
    await refused;
    await other;
    expect(admission).toMatchObject({ joined: {} });
    const types = (await time.until(log.read(STREAM))).map(({ type }) => type);
    // Whoever said goodbye says it again; here nobody does.
    expect(types.slice(-2)).toEqual(['DeviceConnected', 'DeviceVersionReported']);
  });

  it('looks again where the goodbye is under way already', async () => {
    const looked = await firstSession();
    const said = commits.append(STREAM, [goodbye()], { after: looked.stream.position });
    await time.until(join('ses-2', looked));
    await said;
    const types = (await time.until(log.read(STREAM))).map(({ type }) => type);
    expect(types.slice(-2)).toEqual(['DeviceDisconnected', 'DeviceConnected']);
  });
});
