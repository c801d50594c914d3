import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { type EventLog } from '../index.js';
import { deadline, revoked, streamOfUpdates } from '../events.fixture.js';

let nats: TestNats;
let log: EventLog;
beforeAll(async () => {
  nats = await startTestNats();
  log = await nats.connect({ name: 'live-spec' });
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
    await log.append([deadline('d3', 'last')], { after: await log.lastPosition(streamOfUpdates('d3')) });
    await eventually(() => expect(events.map(({ id }) => id)).toEqual(['kept', 'last']));
    stop();
  });

  it('goes on after a message that is no event, and after a handler that throws', async () => {
    const got: string[] = [];
    const stop = log.live('acme', 'd5', ({ id }) => {
      got.push(id);
      if (got.length === 1) throw new Error('spec');
    });
    const { nats: other } = await nats.client();
    other.publish('ota.acme.update.d5.DeadlineReached', 'no json');
    await other.drain();
    await log.append([deadline('d5', 'd5-1')], { after: await log.lastPosition(streamOfUpdates('d5')) });
    await log.append([deadline('d5', 'd5-2')], { after: await log.lastPosition(streamOfUpdates('d5')) });
    await eventually(() => expect(got).toEqual(['d5-1', 'd5-2']));
    stop();
  });
});
