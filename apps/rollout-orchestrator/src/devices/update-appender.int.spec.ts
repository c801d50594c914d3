import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { updateStream, streamSubject, toEvent, type OtaEvent } from '@edgeflow/contracts';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { startTestNats, type TestNats } from '@edgeflow/testkit';
import { UpdateAppender, type Guard, type Decision } from './update-appender.js';

let nats: TestNats;
let log: EventLog;
let appender: UpdateAppender;
/** How many events each append to the log had. */
const appends: number[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  log = await JetStreamLog.connect({ servers: nats.url, name: 'spec' });
  appender = new UpdateAppender({
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

const streamOf = (device_id: string) => updateStream({ org: 'acme', device_id });
const last = (device_id: string): Promise<number> => log.lastPosition(streamOf(device_id));

function deadline(device_id: string, id: string): OtaEvent {
  const fact = { type: 'DeadlineReached', data: { device_id, update_id: 'upd-1', number: 1 } } as const;
  return toEvent(streamOf(device_id), fact, { id, source: '/spec', time: '2026-11-28T12:00:00.000Z' });
}

/** An event with a time that no calendar of ours has. */
function unwritable(device_id: string): OtaEvent {
  const times = { not_before: '9999-12-31T12:00:00.000Z', deadline_at: '+010000-01-01T12:00:00.000Z' };
  const fact = { type: 'UpdateRescheduled', data: { device_id, update_id: 'upd-1', number: 1, ...times } } as const;
  return toEvent(streamOf(device_id), fact, {
    id: `${device_id}-bad`,
    source: '/spec',
    time: '2026-11-28T12:00:00.000Z',
  });
}

/** Two events about each device, none of which had any when it was looked at. */
const decided = (devices: readonly string[]): Decision[] =>
  devices.map((id) => ({ stream: streamOf(id), after: 0, events: [deadline(id, `${id}-1`), deadline(id, `${id}-2`)] }));

describe('decisions about many devices', () => {
  it('are stored without those whose streams have moved on, in one more batch', async () => {
    const devices = Array.from({ length: 40 }, (_, n) => `one-${n}`);
    const moved = [devices[4]!, devices[21]!];
    for (const id of moved) await log.append([deadline(id, `${id}-other`)], { after: 0 });
    const { stored, last: position } = await appender.append(decided(devices));
    expect({ stored, appends }).toEqual({ stored: 38, appends: [80, 76] });
    expect(position).toBe(await last(devices[39]!));
    for (const id of moved) expect((await log.read(streamOf(id))).map((event) => event.id)).toEqual([`${id}-other`]);
  });

  it('are stored once, also those of which some are in the log already', async () => {
    const devices = Array.from({ length: 8 }, (_, n) => `two-${n}`);
    await appender.append(decided(devices.slice(2, 3)));
    expect((await appender.append(decided(devices))).stored).toBe(8);
    for (const id of devices) expect(await log.read(streamOf(id))).toHaveLength(2);
  });

  it('are not stored at all once the stream has moved on that they depend on', async () => {
    const guard: Guard = { subject: streamSubject(streamOf('guard')), position: 0 };
    await log.append([deadline('guard', 'guard-1')], { after: 0 });
    const devices = ['three-1', 'three-2'];
    expect(await appender.append(decided(devices), guard)).toEqual({ stored: 0, last: 0 });
    expect(await Promise.all(devices.map(last))).toEqual([0, 0]);
  });

  it('are stored without one that cannot be written', async () => {
    const devices = Array.from({ length: 9 }, (_, n) => `four-${n}`);
    const decisions = decided(devices);
    const bad = decisions[3]!;
    bad.events = [unwritable('four-3')];
    expect((await appender.append(decisions)).stored).toBe(8);
    expect(await last('four-3')).toBe(0);
    for (const id of devices.filter((name) => name !== 'four-3')) expect(await log.read(streamOf(id))).toHaveLength(2);
    expect(await appender.append([bad])).toEqual({ stored: 0, last: 0 });
  });
});

describe('a device that was decided on', () => {
  const row = (device_id: string, lane_position: number) => ({ org: 'acme', device_id, lane_position });

  it('waits until its row shows that', async () => {
    const { last: stored } = await appender.append(decided(['five']));
    expect(appender.isFresh(row('five', 0))).toBe(false);
    expect(appender.isFresh(row('five', stored))).toBe(true);
  });

  it('waits no more for what the rows should show and do not: the log has lost it', async () => {
    const { last: stored } = await appender.append(decided(['six']));
    appender.folded(stored - 1);
    expect(appender.isFresh(row('six', 0))).toBe(false);
    appender.folded(stored);
    expect(appender.isFresh(row('six', 0))).toBe(true);
  });

  it('waits for nothing that stood on another log', async () => {
    await appender.append(decided(['seven']));
    appender.forget();
    expect(appender.isFresh(row('seven', 0))).toBe(true);
  });
});
