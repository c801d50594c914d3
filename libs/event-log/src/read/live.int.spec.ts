import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connect } from '@nats-io/transport-node';
import { parseSubject, toEvent, type OtaEvent, type StoredEvent } from '@edgeflow/contracts';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { EventLog } from '../index.js';
import { deadline, revoked, updateLane } from '../events.fixture.js';

let nats: TestNats;
let log: EventLog;
beforeAll(async () => {
  nats = await startTestNats();
  log = await EventLog.connect({ servers: nats.url, name: 'live-spec' });
});
afterAll(async () => {
  await log.close();
  await nats.stop();
});

const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 20_000, interval: 20 });

function watch(device: string): { events: StoredEvent[]; stop: () => void } {
  const events: StoredEvent[] = [];
  return { events, stop: log.live('acme', device, (event) => events.push(event)) };
}

describe('the live view of a device’s updates', () => {
  it('shows what is stored, of this device alone', async () => {
    const { events, stop } = watch('d1');
    const event = deadline('d1', 'live-1');
    const { first } = await log.append([event, deadline('d2', 'live-2'), revoked('d1', 'live-3')], { after: 0 });
    await eventually(() => expect(events).toEqual([{ ...event, position: first, stored_at: expect.any(String) }]));
    stop();
    await log.append([deadline('d1', 'live-4')], { after: first });
    await log.append([deadline('d1', 'live-5')], { after: first + 3 });
    expect(events).toHaveLength(1);
  });

  it('does not show what the log refuses, or what is not committed', async () => {
    const { events, stop } = watch('d3');
    await log.append([deadline('d3', 'kept')], { after: 0 });
    await expect(log.append([deadline('d3', 'refused')], { after: 0 })).rejects.toMatchObject({ code: 'conflict' });
    const batch = [deadline('d3', 'half-1'), deadline('d4', 'half-2')];
    const moved = new Map([
      ['ota.acme.update.d3.>', 0],
      ['ota.acme.update.d4.>', 0],
    ]);
    await expect(log.append(batch, { after: moved })).rejects.toMatchObject({ code: 'conflict' });
    await log.append([deadline('d3', 'last')], { after: await log.lastPosition(updateLane('d3')) });
    await eventually(() => expect(events.map(({ id }) => id)).toEqual(['kept', 'last']));
    stop();
  });

  it('goes on after a message that is no event, and after a handler that throws', async () => {
    const got: string[] = [];
    const stop = log.live('acme', 'd5', ({ id }) => {
      got.push(id);
      if (got.length === 1) throw new Error('spec');
    });
    const other = await connect({ servers: nats.url });
    other.publish('ota.acme.update.d5.DeadlineReached', 'no json');
    await other.drain();
    await log.append([deadline('d5', 'd5-1')], { after: await log.lastPosition(updateLane('d5')) });
    await log.append([deadline('d5', 'd5-2')], { after: await log.lastPosition(updateLane('d5')) });
    await eventually(() => expect(got).toEqual(['d5-1', 'd5-2']));
    stop();
  });
});

describe('a scheduled event', () => {
  const soon = (ms: number): Date => new Date(Date.now() + ms);

  it('is appended to its lane at its time, once, and shown live', async () => {
    const { events, stop } = watch('s1');
    const event = deadline('s1', 'sched/1-α.*');
    const before = await log.state();
    await log.schedule(event, soon(1_500));
    await log.schedule(event, soon(1_500));
    expect(await log.state()).toEqual(before);
    await eventually(() => expect(events).toHaveLength(1));
    const stored = await log.read(updateLane('s1'));
    expect(stored).toEqual([{ ...event, position: before.last + 1, stored_at: expect.any(String) }]);
    await log.schedule(event, soon(-1_000));
    const marker = deadline('s1', 'marker');
    await log.schedule(marker, soon(-1_000));
    await eventually(async () => expect((await log.last(updateLane('s1')))?.id).toBe('marker'));
    expect((await log.read(updateLane('s1'))).map(({ id }) => id)).toEqual([event.id, 'marker']);
    stop();
  });

  it('leaves the expectation of its lane alone until it is due', async () => {
    const event = deadline('s2', 's2-deadline');
    await log.schedule(event, soon(60_000));
    await expect(log.append([deadline('s2', 's2-first')], { after: 0 })).resolves.toMatchObject({ duplicate: false });
  });

  it('comes also when the server was down at its time', async () => {
    await log.schedule(deadline('s3', 's3-early'), soon(200));
    await log.schedule(deadline('s3', 's3-late'), soon(1_000));
    await nats.kill();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await nats.restart();
    await eventually(async () => {
      const found = await log.read(updateLane('s3'));
      expect(found.map(({ id }) => id)).toEqual(['s3-early', 's3-late']);
    });
  });

  it('cannot be aimed elsewhere', async () => {
    const event: OtaEvent = { ...deadline('s4', 's4'), entity_id: 'a.b' };
    await expect(log.schedule(event, soon(0))).rejects.toMatchObject({ code: 'subject-invalid' });
    const lane = { ...parseSubject('ota.acme.update.s5.DeadlineReached') };
    const data = { device_id: 's5', update_id: 'u', number: 0 };
    const illegal = toEvent(
      lane,
      { type: 'DeadlineReached', data },
      { id: 's5', source: '/spec', time: '2026-01-01T00:00:00.000Z' },
    );
    await expect(log.schedule(illegal, soon(0))).rejects.toMatchObject({ code: 'event-invalid' });
  });
});
