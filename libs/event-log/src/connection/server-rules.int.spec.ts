import { nanos } from '@nats-io/nats-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { toHeaders } from '../wire.js';
import type { CoreMessage, NatsClient } from './nats-client.js';

/* What the log's code stands on: the server's own words, without any of ours above it. */

let nats: TestNats;
let client: NatsClient;
let count = 0;
/** A stream of a device of this check's own. */
const fresh = (): { on: (type: string) => string; all: string } => {
  const stream = `ota.acme.device.rule_${(count += 1)}`;
  return { on: (type) => `${stream}.${type}`, all: `${stream}.>` };
};

beforeAll(async () => {
  nats = await startTestNats();
  await nats.provision({ name: 'spec' });
  client = await nats.client();
});
afterAll(async () => {
  await client.nats.close();
  await nats.stop();
});

type Headers = Record<string, string>;
interface Reply {
  seq?: number;
  duplicate?: boolean;
  count?: number;
  error?: { code: number; err_code: number; description: string };
}

async function publish(subject: string, headers: Headers = {}, body = '{}'): Promise<Reply> {
  const options = {
    timeout: 5_000,
    ...(Object.keys(headers).length > 0 && { headers: toHeaders(Object.entries(headers)) }),
  };
  const { data } = await client.nats.request(subject, body, options);
  return data.length === 0 ? {} : (JSON.parse(new TextDecoder().decode(data)) as Reply);
}

const sees = (after: number, filter?: string): Headers => ({
  'Nats-Expected-Last-Subject-Sequence': String(after),
  ...(filter !== undefined && { 'Nats-Expected-Last-Subject-Sequence-Subject': filter }),
});
const as = (id: string): Headers => ({ 'Nats-Msg-Id': id });

/** Publishes an atomic batch; `numbers` are those of its messages, from 1 on by default. */
async function batch(
  messages: readonly (readonly [subject: string, headers?: Headers])[],
  { numbers = messages.map((_, index) => index + 1), isCommitted = true } = {},
): Promise<Reply> {
  const id = `batch-${(count += 1)}`;
  const headersOf = (index: number): Headers => ({
    ...messages[index]?.[1],
    'Nats-Batch-Id': id,
    'Nats-Batch-Sequence': String(numbers[index]),
  });
  for (const [index, [subject]] of messages.slice(0, -1).entries()) {
    client.nats.publish(subject, '{}', { headers: toHeaders(Object.entries(headersOf(index))) });
  }
  const last = headersOf(messages.length - 1);
  return publish(messages.at(-1)?.[0] ?? '', isCommitted ? { ...last, 'Nats-Batch-Commit': '1' } : last);
}

const error = (code: number, err_code: number, description: RegExp | string) => ({
  error: { code, err_code, description: expect.stringMatching(description) as string },
});
const WRONG_LAST = error(400, 10071, /^wrong last sequence: \d+$/);
const last = async (): Promise<number> => (await client.manager.streams.info('OTA')).state.last_seq;

describe('a message with an expectation', () => {
  it('is stored when the subjects that a filter names end there, and refused else', async () => {
    const { on, all } = fresh();
    const { seq: first = 0 } = await publish(on('X'), sees(0, all));
    expect(first).toBe(await last());
    expect(await publish(on('Y'), sees(0, all))).toMatchObject(WRONG_LAST);
    expect(await publish(on('Y'), sees(first, all))).toMatchObject({ seq: first + 1 });
    expect(await publish(on('X'), sees(first + 1))).toMatchObject(WRONG_LAST);
    expect(await publish(on('X'), sees(first))).toMatchObject({ seq: first + 2 });
    expect(await publish(on('Z'), sees(0))).toMatchObject({ seq: first + 3 });
    expect(await last()).toBe(first + 3);
  });

  it('may expect something of subjects that are not its own', async () => {
    const [mine, other] = [fresh(), fresh()];
    const { seq = 0 } = await publish(other.on('X'));
    expect(await publish(mine.on('X'), sees(0, other.all))).toMatchObject(WRONG_LAST);
    expect(await publish(mine.on('X'), sees(seq, other.all))).toMatchObject({ seq: seq + 1 });
  });

  it('is looked at before its id: a repetition of what was stored is in conflict', async () => {
    const { on, all } = fresh();
    const { seq = 0 } = await publish(on('X'), { ...as(on('1')), ...sees(0, all) });
    expect(await publish(on('X'), { ...as(on('1')), ...sees(0, all) })).toMatchObject(WRONG_LAST);
    expect(await publish(on('X'), { ...as(on('1')), ...sees(seq, all) })).toMatchObject({ seq, duplicate: true });
    expect(await publish(on('X'), as(on('1')))).toMatchObject({ seq, duplicate: true });
    expect(await last()).toBe(seq);
  });

  it('expects another stream in vain', async () => {
    const answer = await publish(fresh().on('X'), { 'Nats-Expected-Stream': 'OTHER' });
    expect(answer).toMatchObject(error(400, 10060, 'expected stream does not match'));
  });
});

describe('an id', () => {
  it('is known for the whole stream, whatever the subject', async () => {
    const [one, other] = [fresh(), fresh()];
    const { seq } = await publish(one.on('X'), as(one.on('1')));
    expect(await publish(other.on('X'), as(one.on('1')))).toMatchObject({ seq, duplicate: true });
  });

  it('is known also when its message has gone', async () => {
    const { on, all } = fresh();
    const { seq } = await publish(on('X'), { ...as(on('1')), 'Nats-TTL': '1s' });
    await vi.waitFor(
      async () => expect(await client.manager.direct.getMessage('OTA', { last_by_subj: on('X') })).toBeNull(),
      { timeout: 20_000, interval: 50 },
    );
    expect(await publish(on('X'), as(on('1')))).toMatchObject({ seq, duplicate: true });
    expect((await publish(on('X'), sees(0, all))).error).toBeUndefined();
  });

  it('is forgotten after the window', async () => {
    await client.manager.streams.add({
      ...{ name: 'WINDOW', subjects: ['window.>'], duplicate_window: nanos(500), max_age: nanos(60_000) },
    });
    expect(await publish('window.a', as('w1'))).toMatchObject({ seq: 1 });
    expect(await publish('window.a', as('w1'))).toMatchObject({ seq: 1, duplicate: true });
    await vi.waitFor(async () => expect((await publish('window.a', as('w1'))).seq).toBe(2), { timeout: 20_000 });
  });
});

describe('an atomic batch', () => {
  it('is stored whole, side by side', async () => {
    const [a, b] = [fresh(), fresh()];
    const before = await last();
    const reply = await batch([[a.on('X'), sees(0, a.all)], [b.on('X'), sees(0, b.all)], [a.on('Y')]]);
    expect(reply).toMatchObject({ seq: before + 3, count: 3 });
    expect(await last()).toBe(before + 3);
  });

  it('takes 1,000 messages and no more', async () => {
    const { on } = fresh();
    const many = Array.from({ length: 1_000 }, () => [on('X')] as const);
    expect(await batch(many)).toMatchObject({ count: 1_000 });
    const before = await last();
    expect(await batch([...many, [on('X')]])).toMatchObject(error(400, 10199, /too large/));
    expect(await last()).toBe(before);
  });

  it('stores nothing for one expectation that does not hold, also of a stream that it only looks at', async () => {
    const [a, b] = [fresh(), fresh()];
    const { seq = 0 } = await publish(b.on('X'));
    expect(
      await batch([
        [a.on('X'), sees(0, a.all)],
        [b.on('X'), sees(0, b.all)],
      ]),
    ).toMatchObject(WRONG_LAST);
    expect(
      await batch([
        [a.on('X'), sees(0, a.all)],
        [a.on('X'), sees(0, b.all)],
      ]),
    ).toMatchObject(WRONG_LAST);
    expect(await last()).toBe(seq);
    const looked = await batch([
      [a.on('X'), sees(0, a.all)],
      [a.on('X'), sees(seq, b.all)],
    ]);
    expect(looked).toMatchObject({ seq: seq + 2 });
  });

  it('expects what was stored before it: its own messages do not count', async () => {
    const { on, all } = fresh();
    const { seq = 0 } = await publish(on('X'));
    expect(
      await batch([
        [on('X'), sees(seq, all)],
        [on('Y'), sees(seq, all)],
      ]),
    ).toMatchObject({ count: 2 });
  });

  it('is refused for an id that is known, or that it has twice; of one message the id comes before the expectation', async () => {
    const [a, b] = [fresh(), fresh()];
    const SEEN = error(400, 10201, /duplicate message id/);
    const { seq = 0 } = await batch([
      [a.on('X'), { ...as(a.on('1')), ...sees(0, a.all) }],
      [a.on('X'), as(a.on('2'))],
    ]);
    expect(await batch([[b.on('X')], [a.on('X'), as(a.on('2'))]])).toMatchObject(SEEN);
    expect(
      await batch([
        [b.on('X'), as(b.on('1'))],
        [b.on('X'), as(b.on('1'))],
      ]),
    ).toMatchObject(SEEN);
    const again = [
      [a.on('X'), { ...as(a.on('1')), ...sees(0, a.all) }],
      [a.on('X'), as(a.on('2'))],
    ] as const;
    expect(await batch(again)).toMatchObject(SEEN);
    expect(
      await batch([
        [a.on('X'), sees(0, a.all)],
        [a.on('X'), as(a.on('2'))],
      ]),
    ).toMatchObject(WRONG_LAST);
    expect(await last()).toBe(seq);
  });

  it('is refused when a message of it was lost on the way', async () => {
    const { on } = fresh();
    const LOST = error(400, 10176, /incomplete/);
    const before = await last();
    expect(await batch([[on('X')], [on('X')], [on('X')]], { numbers: [1, 3, 4] })).toMatchObject(LOST);
    expect(await batch([[on('X')], [on('X')]], { numbers: [2, 3] })).toMatchObject(LOST);
    expect(await last()).toBe(before);
  });

  it('is nothing until it is committed, and its receipt is acknowledged with nothing', async () => {
    const { on } = fresh();
    const before = await last();
    expect(await batch([[on('X')], [on('X')]], { isCommitted: false })).toEqual({});
    expect(await last()).toBe(before);
  });

  it('is only for streams that allow it', async () => {
    await client.manager.streams.add({ name: 'SINGLES', subjects: ['singles.>'] });
    expect(await batch([['singles.a'], ['singles.b']])).toMatchObject(error(400, 10174, /disabled/));
    expect(await publish('singles.a', { 'Nats-TTL': '1s' })).toMatchObject(error(400, 10166, /TTL is disabled/));
    expect((await client.manager.streams.info('SINGLES')).state.messages).toBe(0);
  });
});

describe('a lease', () => {
  it('is a number of seconds', async () => {
    for (const ttl of ['abc', '0.2x']) {
      expect(await publish(fresh().on('X'), { 'Nats-TTL': ttl })).toMatchObject(error(400, 10165, /TTL/));
    }
  });
});

describe('a stream with limits', () => {
  it('refuses what has no room, by size, bytes and messages', async () => {
    await client.manager.streams.add({
      ...{ name: 'SMALL', subjects: ['small.>'], discard: 'new', max_msgs: 4, max_bytes: 2_000, max_msg_size: 500 },
    });
    const FULL = (why: RegExp) => error(503, 10077, why);
    expect(await publish('small.a', {}, 'x'.repeat(501))).toMatchObject(error(400, 10054, /size exceeds/));
    for (let n = 1; n <= 3; n++) expect(await publish(`small.${n}`, {}, 'x'.repeat(500))).toMatchObject({ seq: n });
    expect(await publish('small.4', {}, 'x'.repeat(500))).toMatchObject(FULL(/maximum bytes/));
    expect(await publish('small.4')).toMatchObject({ seq: 4 });
    expect(await publish('small.5')).toMatchObject(FULL(/maximum messages exceeded/));
  });

  it('counts its bytes as the file takes them', async () => {
    await client.manager.streams.add({ name: 'BYTES', subjects: ['bytes.>'] });
    await publish('bytes.plain', {}, 'x'.repeat(100));
    expect((await client.manager.streams.info('BYTES')).state.bytes).toBe(100 + 'bytes.plain'.length + 30);
    const { bytes: before } = (await client.manager.streams.info('BYTES')).state;
    await publish('bytes.headed', { 'A-Header': 'value' }, 'x');
    const headers = 'NATS/1.0\r\nA-Header: value\r\n\r\n';
    const { bytes } = (await client.manager.streams.info('BYTES')).state;
    expect(bytes - before).toBe(1 + 'bytes.headed'.length + headers.length + 34);
  });

  it('that holds one message of each subject replaces it, or refuses the second where it says so', async () => {
    const one = { max_msgs_per_subject: 1, discard: 'new' as const };
    await client.manager.streams.add({ ...one, name: 'LAST', subjects: ['last.>'], max_msgs: 2 });
    for (const [n, subject] of ['last.a', 'last.a', 'last.b', 'last.b'].entries())
      expect(await publish(subject)).toMatchObject({ seq: n + 1 });
    expect(await publish('last.c')).toMatchObject(error(503, 10077, /maximum messages exceeded/));
    expect((await client.manager.streams.info('LAST')).state).toMatchObject({ messages: 2, first_seq: 2, last_seq: 4 });
    await client.manager.streams.add({ ...one, name: 'FIRST', subjects: ['first.>'], discard_new_per_subject: true });
    expect(await publish('first.a')).toMatchObject({ seq: 1 });
    expect(await publish('first.a')).toMatchObject(error(503, 10077, /maximum messages per subject/));
  });

  it('that forgets the oldest does so by bytes, subjects and age', async () => {
    await client.manager.streams.add({ name: 'OLD', subjects: ['old.>'], max_msgs_per_subject: 2, max_bytes: 500 });
    for (let n = 0; n < 3; n++) await publish('old.a');
    expect((await client.manager.streams.info('OLD')).state).toMatchObject({ messages: 2, first_seq: 2 });
    await publish('old.b', {}, 'x'.repeat(400));
    expect((await client.manager.streams.info('OLD')).state).toMatchObject({ messages: 2, first_seq: 3 });
    await client.manager.streams.update('OLD', { max_age: nanos(1_000), duplicate_window: nanos(1_000) });
    await publish('old.b');
    const emptied = async () => expect((await client.manager.streams.info('OLD')).state.messages).toBe(0);
    await vi.waitFor(emptied, { timeout: 20_000, interval: 100 });
  });
});

describe('whoever listens', () => {
  const hearing = (subject: string): { heard: CoreMessage[]; stop: () => void } => {
    const heard: CoreMessage[] = [];
    const callback = (_: unknown, message: CoreMessage): void => void heard.push(message);
    const subscription = client.nats.subscribe(subject, { callback });
    return { heard, stop: () => subscription.unsubscribe() };
  };

  it('hears what is published, also when the stream refuses it, and in a batch that is never committed', async () => {
    const { on, all } = fresh();
    const { heard, stop } = hearing(all);
    await publish(on('X'), sees(7, all));
    await batch([[on('Y')], [on('Z')]], { isCommitted: false });
    await client.nats.flush();
    expect(heard.map(({ subject }) => subject)).toEqual([on('X'), on('Y'), on('Z')]);
    stop();
  });

  it('hears of what was stored on the republish, with its position', async () => {
    const { heard, stop } = hearing('live.ota.acme.update.shown.>');
    const on = (type: string): string => `ota.acme.update.shown.${type}`;
    await publish(on('X'), sees(7));
    const { seq } = await publish(on('X'), { 'A-Header': 'value' });
    await batch([[on('Y')], [on('Z')]]);
    await client.nats.flush();
    expect(heard.map(({ subject }) => subject)).toEqual(['X', 'Y', 'Z'].map((type) => `live.${on(type)}`));
    const { headers } = heard[0] as CoreMessage;
    const names = ['A-Header', 'Nats-Stream', 'Nats-Subject', 'Nats-Sequence', 'Nats-Last-Sequence'];
    expect(names.map((name) => headers?.get(name))).toEqual(['value', 'OTA', on('X'), String(seq), '0']);
    expect(Date.parse(headers?.get('Nats-Time-Stamp') ?? '')).toBeGreaterThan(0);
    stop();
  });

  it('is all there is where no stream takes a message: who asks is told at once', async () => {
    await expect(publish('nowhere.at.all')).rejects.toThrow('no responders');
  });
});

describe('a get', () => {
  it('gives pages of a subject in order with what is left, and the last of each', async () => {
    const { on, all } = fresh();
    const { seq: first = 0 } = await publish(on('X'));
    for (const type of ['Y', 'X', 'X']) await publish(on(type));
    const paged = async (query: object): Promise<unknown[]> => {
      const got: unknown[] = [];
      await new Promise<void>((resolve, reject) => {
        const callback = (done: { err?: Error } | null, { seq, pending }: { seq: number; pending: number }): void => {
          if (!done) got.push([seq - first, pending]);
          else if (done.err && (done.err as { code?: unknown }).code !== 404) reject(done.err);
          else resolve();
        };
        const { direct } = client.manager;
        const asked = 'seq' in query ? direct.getBatch : direct.getLastMessagesFor;
        asked.call(direct, 'OTA', { ...query, callback } as never).catch(reject);
      });
      return got;
    };
    expect(await paged({ seq: first + 1, next_by_subj: all, batch: 2 })).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect(await paged({ seq: first + 4, next_by_subj: all, batch: 2 })).toEqual([]);
    expect(await paged({ multi_last: [all] })).toEqual([
      [1, 1],
      [3, 0],
    ]);
    expect(await paged({ multi_last: [fresh().all] })).toEqual([]);
    const one = (query: object) => client.manager.direct.getMessage('OTA', query as never);
    expect(await one({ seq: first + 1 })).toMatchObject({ seq: first + 1, subject: on('Y') });
    expect(await one({ seq: first + 1, next_by_subj: on('X') })).toMatchObject({ seq: first + 2 });
    expect(await one({ last_by_subj: all })).toMatchObject({ seq: first + 3 });
    expect(await one({ seq: first + 4, next_by_subj: all })).toBeNull();
    expect(await client.manager.streams.getMessage('OTA', { last_by_subj: on('Q') })).toBeNull();
  });

  it('says what is not there by its code', async () => {
    const { streams, consumers } = client.manager;
    await expect(streams.info('NONE')).rejects.toMatchObject({ code: 10059, status: 404 });
    await expect(consumers.info('OTA', 'none')).rejects.toMatchObject({ code: 10014, status: 404 });
    await expect(consumers.delete('OTA', 'none')).rejects.toMatchObject({ code: 10014 });
    expect(await Array.fromAsync(streams.names('ota.>'))).toEqual(['OTA']);
    expect(await Array.fromAsync(streams.names('nothing.>'))).toEqual([]);
    const other = { name: 'OTA', subjects: ['ota.>', 'other.>'] };
    await expect(streams.add(other)).rejects.toMatchObject({ code: 10058 });
  });
});
