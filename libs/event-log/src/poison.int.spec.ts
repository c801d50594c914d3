import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  toEvent,
  type Address,
  type DataOf,
  type OtaEvent,
  type StoredEvent,
  type UnreadEvent,
} from '@edgeflow/contracts';
import { poisonFor, startTestNats, storeRaw, type PoisonMessage, type TestNats } from '@edgeflow/testkit';
import { type EventLog, JetStreamLog, stands } from './index.js';

const data: DataOf<'DeadlineReached'> = { device_id: 'dev_1', update_id: 'upd_1', number: 1 };
const stream = { org: 'acme', entity: 'update', entity_id: 'dev_1' } as const;
const address: Address = { ...stream, type: 'DeadlineReached' };
const poison = poisonFor(address, data);
/** What stands in the stream; the others stand beside it. */
const inStream = poison.filter(({ subject }) => subject.startsWith('ota.acme.update.dev_1.'));

let nats: TestNats;
let log: EventLog;
let first = 0;
let last = 0;

function event(
  id: string,
  of: typeof stream | { org: string; entity: 'update'; entity_id: string } = stream,
): OtaEvent {
  const about = { id, source: '/spec', time: '2026-02-21T12:00:00.000Z' };
  return toEvent(of, { type: 'DeadlineReached', data }, about);
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await sleep(20);
}

async function publish(messages: readonly PoisonMessage[]): Promise<void> {
  await storeRaw(nats.url, log, messages);
}

beforeAll(async () => {
  nats = await startTestNats();
  log = await JetStreamLog.connect({ servers: nats.url, name: 'poison-spec' });
  ({ last: first } = await log.append([event('first')], { after: 0 }));
  await publish(poison);
  ({ last } = await log.append([event('last')], { after: await log.lastPosition(stream) }));
});
afterAll(async () => {
  await log.close();
  await nats.stop();
});

const idsOf = async (events: AsyncIterable<StoredEvent>): Promise<string[]> =>
  (await Array.fromAsync(events)).map(({ id }) => id);

describe('every kind of poison, in the log', () => {
  it('is of 40 kinds or more, each with a name of its own', () => {
    expect(new Set(poison.map(({ name }) => name)).size).toBe(poison.length);
    expect(poison.length).toBeGreaterThanOrEqual(40);
  });

  it('is left out by who reads a stream, who is told where it ends', async () => {
    const read = await log.readStream(stream);
    expect(read.events.map(({ id }) => id)).toEqual(['first', 'last']);
    expect(read.position).toBe(last);
    expect(read.unread.map(({ unread: { why } }) => why)).toEqual(inStream.map(({ why }) => why));
    expect((await log.read(stream, { from: first + 1 })).map(({ id }) => id)).toEqual(['last']);
  });

  it('is left out by a scan, and by one of the last of each', async () => {
    const unread: UnreadEvent[] = [];
    const onUnread = (one: UnreadEvent): void => void unread.push(one);
    expect(await idsOf(log.scan(['ota.>'], { onUnread }))).toEqual(['first', 'last']);
    expect(unread.map(({ unread: { why } }) => why)).toEqual(poison.map(({ why }) => why));
    expect(await idsOf(log.scanLast(['ota.>']))).toEqual(['last']);
  });

  it.each(poison.map((one) => [one.name, one] as const))(
    'does no harm as the newest of a stream: %s',
    async (name, one) => {
      const entity_id = `dev_${poison.indexOf(one) + 100}`;
      const own = { ...stream, entity_id };
      const subject = one.subject.replace('dev_1', entity_id);
      const { last: before } = await log.append([event(`before ${name}`.replaceAll(/\W/g, '_').slice(0, 99), own)], {
        after: 0,
      });
      await publish([{ ...one, subject }]);
      const stored = subject.startsWith(`ota.acme.update.${entity_id}.`);
      const ends = await log.lastOfEach(own);
      expect(ends.position).toBe(stored ? before + 1 : before);
      expect(ends.unread).toHaveLength(stored ? 1 : 0);
      expect(stands(ends, 'DeadlineReached')).toBe(true);
      expect(await log.lastPosition(own)).toBe(ends.position);
      const { last: after } = await log.append([event(`after ${name}`.replaceAll(/\W/g, '_').slice(0, 99), own)], {
        after: ends.position,
      });
      expect((await log.readStream(own)).position).toBe(after);
    },
  );
});

describe('every kind of poison, as it comes', () => {
  it('is not heard live, and ends no subscription', async () => {
    const heard: string[] = [];
    const hints: string[] = [];
    const stops = [
      log.live('acme', 'dev_1', ({ id }) => heard.push(id)),
      log.subscribe(['ota.>'], ({ type }) => hints.push(type)),
    ];
    await log.ping();
    await publish(poison);
    await log.append([event('live')], { after: await log.lastPosition(stream) });
    await until(() => heard.length > 0 && hints.at(-1) === 'DeadlineReached');
    for (const stop of stops) stop();
    expect(heard).toEqual(['live']);
  });

  it('is handed to a follower as unread, in its place, and a copy is kept of what is set aside', async () => {
    const got: string[] = [];
    const unread: UnreadEvent[] = [];
    const follower = await log.follow({ durable: 'spec-follow', filters: ['ota.>'], from: 1 }, (batch) => {
      got.push(...batch.events.map(({ id }) => id));
      unread.push(...batch.unread);
      return Promise.resolve();
    });
    const { last: end } = await log.state();
    await until(() => follower.position === end);
    expect(await follower.lag()).toBe(0);
    await follower.stop();
    expect(got.slice(0, 2)).toEqual(['first', 'last']);
    expect(unread.slice(0, poison.length).map(({ position, unread: { why } }) => [position, why])).toEqual(
      poison.map(({ why }, index) => [first + 1 + index, why]),
    );
    for (const [index, { why }] of poison.entries()) {
      expect(await log.isDeadLetter('acme', first + 1 + index)).toBe(why === 'set-aside');
    }
  });
});
