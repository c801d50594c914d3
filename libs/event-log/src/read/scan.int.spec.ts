import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { type EventLog } from '../index.js';
import { deadline, streamOfDevice, reported, revoked, streamOfUpdates } from '../events.fixture.js';

let nats: TestNats;
let log: EventLog;
beforeAll(async () => {
  nats = await startTestNats();
  log = await nats.connect({ name: 'scan-spec' });
});
afterAll(async () => {
  await log.close();
  await nats.stop();
});

async function idsOf(events: AsyncIterable<StoredEvent>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of events) ids.push(id);
  return ids;
}

async function consumers(): Promise<number> {
  const { nats: connection, manager } = await nats.client();
  const { state } = await manager.streams.info('OTA');
  await connection.drain();
  return state.consumer_count;
}

describe('a scan', () => {
  it('gives every event that matches, in the order of the log, from a position on', async () => {
    const { first } = await log.append([reported('a', 'a1'), deadline('b', 'b1'), reported('a', 'a2')], { after: 0 });
    await log.append([deadline('a', 'other'), deadline('b', 'b2')], {
      after: new Map([
        ['ota.acme.update.a.>', 0],
        ['ota.acme.update.b.>', first + 1],
      ]),
    });
    const filters = ['ota.acme.device.a.>', 'ota.acme.update.b.*'];
    expect(await idsOf(log.scan(filters))).toEqual(['a1', 'b1', 'a2', 'b2']);
    expect(await idsOf(log.scan(filters, { from: first + 1 }))).toEqual(['b1', 'a2', 'b2']);
    const [event] = await log.read(streamOfDevice('a'));
    for await (const found of log.scan(filters)) {
      expect(found).toEqual({ ...event, position: first, stored_at: expect.any(String) });
      break;
    }
  });

  it('ends at once when nothing matches, also from behind the end of the log', async () => {
    await log.append([revoked('nothing', 'n1')], { after: 0 });
    const { last } = await log.state();
    expect(await idsOf(log.scan(['ota.acme.rollout.nothing.>']))).toEqual([]);
    expect(await idsOf(log.scan(['ota.acme.device.nothing.>'], { from: last + 1 }))).toEqual([]);
    expect(await idsOf(log.scan(['ota.acme.device.nothing.>'], { from: last + 100 }))).toEqual([]);
  });

  it('leaves with the server what a slow caller has not taken', async () => {
    for (let n = 0; n < 4; n++) {
      const events = Array.from({ length: 500 }, (_, k) => reported('slow', `slow-${n * 500 + k}`));
      await log.append(events, { after: await log.lastPosition(streamOfDevice('slow')) });
    }
    const events = log.scan(['ota.acme.device.slow.>'])[Symbol.asyncIterator]();
    await events.next();
    const { nats: connection, manager } = await nats.client();
    // As long as more comes by itself.
    let before = -1;
    for (let now = 0; now !== before; await new Promise((resolve) => setTimeout(resolve, 300))) {
      before = now;
      now = (await manager.consumers.info('OTA', 'scan-scan-spec-0')).delivered.consumer_seq;
    }
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThanOrEqual(500);
    let left = 1_999;
    for (; (await events.next()).done !== true; left--);
    expect(left).toBe(0);
    await connection.drain();
  });

  it('ends with what was stored when it started, however many come meanwhile', async () => {
    const ids = Array.from({ length: 2_500 }, (_, n) => `busy-${n}`);
    for (let n = 0; n < ids.length; n += 500) {
      const events = ids.slice(n, n + 500).map((id) => reported('busy', id));
      await log.append(events, { after: await log.lastPosition(streamOfDevice('busy')) });
    }
    const found: string[] = [];
    for await (const { id } of log.scan(['ota.acme.device.busy.>'])) {
      if (found.push(id) % 500 > 0) continue;
      await log.append([reported('busy', `late-${id}`)], { after: await log.lastPosition(streamOfDevice('busy')) });
    }
    expect(found).toEqual(ids);
    expect((await idsOf(log.scan(['ota.acme.device.busy.>']))).slice(2_500)).toHaveLength(5);
  });

  it('leaves out what is no event', async () => {
    await log.append([deadline('poisoned', 'p1')], { after: 0 });
    const { nats: other } = await nats.client();
    other.publish('ota.acme.update.poisoned.DeadlineReached', 'no json');
    await other.drain();
    const seen = await log.lastPosition(streamOfUpdates('poisoned'));
    expect(await idsOf(log.scan(['ota.acme.update.poisoned.>']))).toEqual(['p1']);
    await log.append([deadline('poisoned', 'p2')], { after: seen });
    expect(await idsOf(log.scan(['ota.acme.update.poisoned.>']))).toEqual(['p1', 'p2']);
  });

  it('leaves no consumer behind, whether it came to its end or not', async () => {
    await log.append([revoked('tidy', 't1'), reported('tidy', 't2')], { after: 0 });
    expect(await idsOf(log.scan(['ota.acme.device.tidy.>']))).toEqual(['t1', 't2']);
    expect(await idsOf(log.scan(['ota.acme.rollout.tidy.>']))).toEqual([]);
    for await (const { id } of log.scan(['ota.acme.device.tidy.>'])) {
      expect(id).toBe('t1');
      break;
    }
    expect(await consumers()).toBe(0);
  });

  it('goes on after a crash of the server, with nothing lost and nothing twice', async () => {
    const ids = Array.from({ length: 2_000 }, (_, n) => `crash-${n}`);
    for (let n = 0; n < ids.length; n += 1_000) {
      const events = ids.slice(n, n + 1_000).map((id) => reported('crash', id));
      await log.append(events, { after: await log.lastPosition(streamOfDevice('crash')) });
    }
    const found: string[] = [];
    for await (const { id } of log.scan(['ota.acme.device.crash.>'])) {
      if (found.push(id) !== 100) continue;
      await nats.kill();
      await nats.restart();
    }
    expect(found).toEqual(ids);
  });

  it('fails when the connection is closed, rather than look complete', async () => {
    const other = await nats.connect({ name: 'closed' });
    const events = Array.from({ length: 1_000 }, (_, n) => reported('closed', `closed-${n}`));
    await log.append(events, { after: 0 });
    await log.append([reported('closed', 'last')], { after: await log.lastPosition(streamOfDevice('closed')) });
    const scanned = (async () => {
      for await (const { id } of other.scan(['ota.acme.device.closed.>'])) if (id === 'closed-0') await other.close();
    })();
    await expect(scanned).rejects.toMatchObject({ code: 'log-unavailable' });
  });
});
