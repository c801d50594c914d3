import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { laneSubject, toEvent, type OtaEvent } from '@edgeflow/contracts';
import { EventLog } from '@edgeflow/event-log';
import { startTestNats, type TestNats } from '@edgeflow/testkit';
import { LaneAppender, updateLane, type Guard, type Work } from './lane-appender.js';

let nats: TestNats;
let log: EventLog;
let appender: LaneAppender;
/** How many events each append to the log had. */
const appends: number[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  log = await EventLog.connect({ servers: nats.url, name: 'spec' });
  appender = new LaneAppender({
    fill: () => log.fill(),
    append: (events, expectation) => {
      appends.push(events.length);
      return log.append(events, expectation);
    },
  });
});
beforeEach(() => void (appends.length = 0));
afterAll(async () => {
  await log.close();
  await nats.stop();
});

const laneOf = (device_id: string) => updateLane({ org: 'acme', device_id });
const last = (device_id: string): Promise<number> => log.lastPosition(laneOf(device_id));

function deadline(device_id: string, id: string): OtaEvent {
  const fact = { type: 'DeadlineReached', data: { device_id, update_id: 'upd-1', number: 1 } } as const;
  return toEvent(laneOf(device_id), fact, { id, source: '/spec', time: '2026-11-28T12:00:00.000Z' });
}

/** Two events about each device, none of which had any when it was looked at. */
const decided = (devices: readonly string[]): Work[] =>
  devices.map((id) => ({ lane: laneOf(id), after: 0, events: [deadline(id, `${id}-1`), deadline(id, `${id}-2`)] }));

describe('decisions about many devices', () => {
  it('are stored without those whose lanes have moved on, in one more batch', async () => {
    const devices = Array.from({ length: 40 }, (_, n) => `one-${n}`);
    const moved = [devices[4]!, devices[21]!];
    for (const id of moved) await log.append([deadline(id, `${id}-other`)], { after: 0 });
    const { stored, last: position } = await appender.append(decided(devices));
    expect({ stored, appends }).toEqual({ stored: 38, appends: [80, 76] });
    expect(position).toBe(await last(devices[39]!));
    for (const id of moved) expect((await log.read(laneOf(id))).map((event) => event.id)).toEqual([`${id}-other`]);
  });

  it('are stored once, also those of which some are in the log already', async () => {
    const devices = Array.from({ length: 8 }, (_, n) => `two-${n}`);
    await appender.append(decided(devices.slice(2, 3)));
    expect((await appender.append(decided(devices))).stored).toBe(8);
    for (const id of devices) expect(await log.read(laneOf(id))).toHaveLength(2);
  });

  it('are not stored at all once the lane has moved on that they depend on', async () => {
    const guard: Guard = { subject: laneSubject(laneOf('guard')), position: 0 };
    await log.append([deadline('guard', 'guard-1')], { after: 0 });
    const devices = ['three-1', 'three-2'];
    expect(await appender.append(decided(devices), guard)).toEqual({ stored: 0, last: 0 });
    expect(await Promise.all(devices.map(last))).toEqual([0, 0]);
  });
});
