import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { UnreadEvent } from '@edgeflow/contracts';
import { streamOfDevice, reported } from '../events.fixture.js';
import type { Manager, NatsClient } from '../connection/nats-client.js';
import type { EventLog } from '../index.js';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { tailNames } from '../rights/consumers.js';
import { undefinedIfMissing } from '../connection/consumer-api.js';

let nats: TestNats;
let log: EventLog;
let raw: NatsClient['nats'];
let manager: Manager;
beforeEach(async () => {
  nats = await startTestNats();
  log = await nats.connect({ name: 'spec' });
  ({ nats: raw, manager } = await nats.client());
});
afterEach(async () => {
  await raw.close();
  await log.close();
  await nats.stop();
});

const FILTERS = ['ota.acme.device.>'];
const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 30_000, interval: 20 });
const name = (n: number): string => `e${String(n).padStart(5, '0')}`;

/** Appends so many events of one device, numbered on. */
async function write(count: number, from = 0): Promise<void> {
  for (let n = from; n < from + count; n += 500) {
    const events = Array.from({ length: Math.min(500, from + count - n) }, (_, k) => reported('d', name(n + k)));
    await log.append(events, { after: await log.lastPosition(streamOfDevice('d')) });
  }
}

/** The consumers that there are of tails. */
async function tails(): Promise<string[]> {
  const found = tailNames('spec').map((consumer) => manager.consumers.info('OTA', consumer).catch(undefinedIfMissing));
  return (await Promise.all(found)).flatMap((info) => info?.name ?? []);
}

/** Reads in the background until it is ended. */
function read(onUnread: (event: UnreadEvent) => void = () => undefined) {
  const ending = new AbortController();
  const got: string[] = [];
  const done = (async () => {
    for await (const { id } of log.tail(FILTERS, { from: 1, signal: ending.signal, onUnread })) got.push(id);
  })();
  return { got, end: () => (ending.abort(), done) };
}

describe('a tail', () => {
  it('has every event once and in order when NATS crashes, and when its consumer is gone', async () => {
    const { got, end } = read();
    await write(1_500);
    await eventually(() => expect(got.length).toBeGreaterThan(0));
    await nats.kill();
    await nats.restart();
    await eventually(() => log.ping());
    await write(700, 1_500);
    await eventually(() => expect(got).toHaveLength(2_200));
    for (const consumer of await tails()) await manager.consumers.delete('OTA', consumer);
    await write(300, 2_200);
    await eventually(() => expect(got).toHaveLength(2_500));
    await end();
    expect(got).toEqual(Array.from({ length: 2_500 }, (_, n) => name(n)));
  });

  it('leaves with the server what a slow reader has not taken', async () => {
    await write(3_000);
    const events = log.tail(FILTERS, { from: 1 })[Symbol.asyncIterator]();
    expect((await events.next()).value).toMatchObject({ id: name(0) });
    const delivered = async (): Promise<number> =>
      (await manager.consumers.info('OTA', 'tail-spec-0')).delivered.consumer_seq;
    let before = -1;
    // Until nothing comes any more.
    for (let now = await delivered(); now !== before; now = await delivered()) {
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(before).toBeLessThanOrEqual(500);
    for (let n = 1; n < 3_000; n++) expect((await events.next()).value).toMatchObject({ id: name(n) });
    await events.return?.();
  });

  it('ends by its signal also while NATS is away, and takes its consumer with it', async () => {
    const first = read();
    await write(1);
    await eventually(() => expect(first.got).toHaveLength(1));
    await first.end();
    expect(await tails()).toEqual([]);
    const second = read();
    await eventually(() => expect(second.got).toHaveLength(1));
    await nats.kill();
    await second.end();
    await nats.restart();
  });

  it('passes over what cannot be read, and says so', async () => {
    const unread: number[] = [];
    const { got, end } = read(({ position }) => unread.push(position));
    await write(1);
    await raw.request('ota.acme.device.d.DeviceExploded', '{}', { timeout: 5_000 });
    await write(1, 1);
    await eventually(() => expect(got).toEqual([name(0), name(1)]));
    expect(unread).toEqual([2]);
    await end();
  });
});
