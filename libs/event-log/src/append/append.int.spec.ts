import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamSubject, Refused } from '@edgeflow/contracts';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { AlreadyAppended, Conflict, type EventLog, stands } from '../index.js';
import { streamOfDevice, reported, revoked } from '../events.fixture.js';

let nats: TestNats;
let log: EventLog;
beforeAll(async () => {
  nats = await startTestNats();
  log = await nats.connect({ name: 'append-spec' });
});
afterAll(async () => {
  await log.close();
  await nats.stop();
});

const read = async (device: string): Promise<string[]> => (await log.read(streamOfDevice(device))).map(({ id }) => id);
const after = (entries: Record<string, number>): { after: Map<string, number> } => ({
  after: new Map(
    Object.entries(entries).map(([device, position]) => [streamSubject(streamOfDevice(device)), position]),
  ),
});

describe('a record', () => {
  it('is stored whatever its stream holds, and once', async () => {
    await log.append([revoked('kept', 'kept-1')], { after: 0 });
    await Promise.all(['kept-2', 'kept-3', 'kept-2'].map((id) => log.record(reported('kept', id))));
    expect((await read('kept')).sort()).toEqual(['kept-1', 'kept-2', 'kept-3']);
  });
});

describe('an append of one event', () => {
  it('gives its position, and the event reads back as it was', async () => {
    const event = revoked('one', 'one-1');
    const { first, last, duplicate } = await log.append([event], { after: 0 });
    expect({ last, duplicate }).toEqual({ last: first, duplicate: false });
    expect(await log.read(streamOfDevice('one'))).toEqual([
      { ...event, position: first, stored_at: expect.any(String) },
    ]);
  });

  it('is refused when any event of the stream came after what was seen, whatever its name', async () => {
    const { last } = await log.append([reported('two', 'two-1')], { after: 0 });
    const conflict = await log.append([revoked('two', 'two-2')], { after: 0 }).catch((error: unknown) => error);
    expect(conflict).toBeInstanceOf(Conflict);
    expect(conflict).toMatchObject({ code: 'conflict', streams: ['ota.acme.device.two.>'] });
    expect(await read('two')).toEqual(['two-1']);
    await log.append([revoked('two', 'two-2')], { after: last });
    expect(await read('two')).toEqual(['two-1', 'two-2']);
  });

  it('holds no text that PostgreSQL would refuse, whoever wrote it', async () => {
    const event = revoked('texts', 'texts-1');
    await log.append([{ ...event, data: { ...event.data, reason: 'a\u0000b\ud800' } }], { after: 0 });
    expect((await log.read(streamOfDevice('texts'))).at(-1)?.data).toMatchObject({ reason: 'a\u{fffd}b\u{fffd}' });
  });

  it('is not disturbed by other streams', async () => {
    await log.append([revoked('three', 'three-1')], { after: 0 });
    await log.append([revoked('three-more', 'three-2')], { after: 0 });
    expect(await log.lastPosition(streamOfDevice('three'))).toBeLessThan(
      await log.lastPosition(streamOfDevice('three-more')),
    );
  });

  it('that was stored already gives the position it has, and stores nothing', async () => {
    const event = revoked('four', 'four-1');
    const { first } = await log.append([event], { after: 0 });
    expect(await log.append([event], { after: 0 })).toEqual({ first, last: first, duplicate: true });
    expect(await log.append([event], { after: first })).toEqual({ first, last: first, duplicate: true });
    await log.append([reported('four', 'four-2')], { after: first });
    expect(await log.append([event], { after: 0 })).toEqual({ first, last: first, duplicate: true });
    expect(await read('four')).toEqual(['four-1', 'four-2']);
  });

  it('has one winner among many that saw the same', async () => {
    const tries = Array.from({ length: 20 }, (_, n) => log.append([revoked('five', `five-${n}`)], { after: 0 }));
    const outcomes = await Promise.allSettled(tries);
    const losers = outcomes
      .filter(({ status }) => status === 'rejected')
      .map((lost) => (lost as PromiseRejectedResult).reason);
    expect(losers).toHaveLength(19);
    expect(losers.every((error) => error instanceof Conflict)).toBe(true);
    expect(await read('five')).toHaveLength(1);
  });

  it.each(['a~b', '.', '*', '>', 'a b', 'a\r\nb', ''])('cannot leave its stream by the id %j', async (id) => {
    const before = await log.state();
    const refusal = await log.append([revoked(id, 'injected')], { after: 0 }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'subject-invalid' });
    expect(await log.state()).toEqual(before);
  });

  it('is refused when its payload is not that of its class', async () => {
    const event = { ...revoked('six', 'six-1'), data: { device_id: 'six' } };
    await expect(log.append([event as never], { after: 0 })).rejects.toMatchObject({ code: 'event-invalid' });
  });
});

describe('an append of several events', () => {
  it('stores them side by side', async () => {
    const events = [reported('batch', 'b1'), reported('batch', 'b2'), revoked('other', 'o1')];
    const { first, last, duplicate } = await log.append(events, { after: 0 });
    expect({ last, duplicate }).toEqual({ last: first + 2, duplicate: false });
    expect(await read('batch')).toEqual(['b1', 'b2']);
    expect(await log.append(events, { after: 0 })).toEqual({ first, last, duplicate: true });
  });

  it('stores nothing when one of its streams has moved on, and names that stream', async () => {
    const { last } = await log.append([revoked('moved', 'm1')], { after: 0 });
    const events = [revoked('still', 's1'), reported('moved', 'm2')];
    const conflict = log.append(events, after({ still: 0, moved: last - 1 }));
    await expect(conflict).rejects.toMatchObject({ code: 'conflict', streams: ['ota.acme.device.moved.>'] });
    expect(await read('still')).toEqual([]);
    await log.append(events, after({ still: 0, moved: last }));
    expect(await read('still')).toEqual(['s1']);
  });

  it('stores nothing when one of its ids is in the log', async () => {
    const { last } = await log.append([revoked('half', 'h1')], { after: 0 });
    const again = log.append([revoked('half', 'h1'), reported('half', 'h2')], { after: last });
    await expect(again).rejects.toBeInstanceOf(AlreadyAppended);
    expect(await read('half')).toEqual(['h1']);
  });

  it('takes 1,000 events and no more', async () => {
    const events = Array.from({ length: 1_001 }, (_, n) => reported('many', `many-${n}`));
    await expect(log.append(events, { after: 0 })).rejects.toMatchObject({ code: 'invalid-request' });
    await expect(log.append([], { after: 0 })).rejects.toBeInstanceOf(Refused);
    await log.append(events.slice(0, 1_000), { after: 0 });
    await log.append(events.slice(1_000), { after: await log.lastPosition(streamOfDevice('many')) });
    expect(await read('many')).toEqual(events.map(({ id }) => id));
  });

  it('must say what it saw of every stream', async () => {
    const events = [revoked('said', 'said-1'), revoked('unsaid', 'unsaid-1')];
    await expect(log.append(events, after({ said: 0 }))).rejects.toThrow('ota.acme.device.unsaid.>');
  });
});

describe('reading', () => {
  it('gives the last event of each name, and the last of all', async () => {
    await log.append([reported('reads', 'r1', 1), reported('reads', 'r2', 2), revoked('reads', 'r3')], { after: 0 });
    const { last, unread, position } = await log.lastOfEach(streamOfDevice('reads'));
    const { DeviceProgressReported, DeviceRevoked, ...others } = last;
    expect(DeviceProgressReported).toMatchObject({ id: 'r2', data: { progress: 2 } });
    expect(DeviceRevoked?.id).toBe('r3');
    expect({ others, unread }).toEqual({ others: {}, unread: [] });
    expect(position).toBe(DeviceRevoked?.position);
    const from = DeviceRevoked?.position;
    expect((await log.read(streamOfDevice('reads'), { from })).map(({ id }) => id)).toEqual(['r3']);
  });

  it('of a stream without events gives nothing', async () => {
    const stream = streamOfDevice('nobody');
    expect(await log.read(stream)).toEqual([]);
    expect(await log.lastOfEach(stream)).toEqual({ last: {}, unread: [], position: 0 });
    expect(await log.readStream(stream)).toEqual({ events: [], unread: [], position: 0 });
    expect(await log.lastPosition(stream)).toBe(0);
  });

  it('scans the last event of every subject, in the order of the log', async () => {
    await log.append([revoked('scan-1', 'x1'), reported('scan-1', 'x2'), revoked('scan-2', 'x3')], { after: 0 });
    await log.append([reported('scan-1', 'x4')], { after: await log.lastPosition(streamOfDevice('scan-1')) });
    const found: string[] = [];
    for await (const { id } of log.scanLast(['ota.acme.device.scan-1.*', 'ota.acme.device.scan-2.>'])) found.push(id);
    expect(found).toEqual(['x1', 'x3', 'x4']);
    for await (const { id } of log.scanLast(['ota.acme.rollout.>'])) found.push(id);
    expect(found).toHaveLength(3);
  });

  it('names the message that is no event, leaves it out, and says where the stream ends', async () => {
    await log.append([revoked('poisoned', 'p1')], { after: 0 });
    const { nats: other } = await nats.client();
    other.publish('ota.acme.device.poisoned.DeviceRevoked', 'no json');
    await other.drain();
    const position = await log.lastPosition(streamOfDevice('poisoned'));
    const stream = await log.readStream(streamOfDevice('poisoned'));
    expect(stream).toMatchObject({
      ...{ events: [{ id: 'p1' }], position },
      unread: [
        {
          ...{ position, subject: 'ota.acme.device.poisoned.DeviceRevoked', type: 'DeviceRevoked' },
          unread: { why: 'set-aside', code: 'event-invalid' },
        },
      ],
    });
    expect(await log.read(streamOfDevice('poisoned'))).toEqual(stream.events);
    const ends = await log.lastOfEach(streamOfDevice('poisoned'));
    expect(ends).toMatchObject({ last: {}, position, unread: [{ position }] });
    expect(stands(ends, 'DeviceRevoked')).toBe(true);
    await log.append([revoked('poisoned', 'p3')], { after: ends.position });
    const found: string[] = [];
    for await (const { id } of log.scanLast(['ota.acme.device.poisoned.>'])) found.push(id);
    expect(found).toEqual(['p3']);
  });
});
