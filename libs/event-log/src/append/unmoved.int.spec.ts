import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamSubject, type OtaEvent } from '@edgeflow/contracts';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { AlreadyAppended, Conflict, type EventLog } from '../index.js';
import { deadline, streamOfDevice, reported, revoked, streamOfUpdates } from '../events.fixture.js';

let nats: TestNats;
let log: EventLog;
beforeAll(async () => {
  nats = await startTestNats();
  log = await nats.connect({ name: 'unmoved-spec' });
});
afterAll(async () => {
  await log.close();
  await nats.stop();
});

const read = async (device: string): Promise<string[]> => (await log.read(streamOfDevice(device))).map(({ id }) => id);
/** Two events of a device's stream, of one name: the second is free to carry a guard. */
const pair = (device: string): OtaEvent[] => [reported(device, `${device}-1`), reported(device, `${device}-2`)];
const unmoved = (entries: Record<string, number>): { unmoved: Map<string, number> } => ({
  unmoved: new Map(
    Object.entries(entries).map(([device, position]) => [streamSubject(streamOfUpdates(device)), position]),
  ),
});
const failure = (append: Promise<unknown>): Promise<unknown> => append.catch((error: unknown) => error);

describe('an append that looked at a stream without writing to it', () => {
  it('is stored while that stream is as it was seen', async () => {
    const { last: seen } = await log.append([deadline('looked-1', 'l1')], { after: 0 });
    const { first, last, duplicate } = await log.append(pair('a'), { after: 0, ...unmoved({ 'looked-1': seen }) });
    expect({ last, duplicate }).toEqual({ last: first + 1, duplicate: false });
    await log.append(pair('b'), { after: 0, ...unmoved({ 'nobody-wrote-here': 0 }) });
    expect(await read('b')).toEqual(['b-1', 'b-2']);
  });

  it('stores nothing when that stream has moved on, and names it alone', async () => {
    const { last: seen } = await log.append([deadline('looked-2', 'l2')], { after: 0 });
    await log.append([deadline('looked-2', 'l3')], { after: seen });
    const conflict = await failure(log.append(pair('c'), { after: 0, ...unmoved({ 'looked-2': seen }) }));
    expect(conflict).toBeInstanceOf(Conflict);
    expect(conflict).toMatchObject({ streams: ['ota.acme.update.looked-2.>'] });
    const first = await failure(log.append(pair('c'), { after: 0, ...unmoved({ 'looked-2': 0 }) }));
    expect(first).toMatchObject({ streams: ['ota.acme.update.looked-2.>'] });
    expect(await read('c')).toEqual([]);
  });

  it('names every stream that has moved on, written to or not', async () => {
    await log.append([deadline('looked-3', 'l4')], { after: 0 });
    await log.append([revoked('d', 'd-0')], { after: 0 });
    const events = [...pair('d'), reported('d', 'd-3')];
    const both = await failure(log.append(events, { after: 0, ...unmoved({ 'looked-3': 0, 'looked-4': 0 }) }));
    expect(both).toMatchObject({ streams: ['ota.acme.device.d.>', 'ota.acme.update.looked-3.>'] });
  });

  it('may look at as many streams as it has events that are not the first of theirs', async () => {
    const { last: seen } = await log.append([deadline('looked-5', 'l5')], { after: 0 });
    const events = [...pair('e'), ...pair('f'), revoked('e', 'e-3')];
    const streams = { 'looked-5': seen, 'looked-6': 0, 'looked-7': 0 };
    const moved = await failure(log.append(events, { after: 0, ...unmoved({ ...streams, 'looked-7': 1 }) }));
    expect(moved).toBeInstanceOf(Conflict);
    expect(await log.append(events, { after: 0, ...unmoved(streams) })).toMatchObject({ duplicate: false });
    expect([...(await read('e')), ...(await read('f'))]).toEqual(['e-1', 'e-2', 'e-3', 'f-1', 'f-2']);
  });

  it('is known again when it was stored already, also after the stream has moved on', async () => {
    const expectation = { after: 0, ...unmoved({ 'looked-8': 0 }) };
    const { first, last } = await log.append(pair('g'), expectation);
    expect(await log.append(pair('g'), expectation)).toEqual({ first, last, duplicate: true });
    await log.append([deadline('looked-8', 'l8')], { after: 0 });
    expect(await log.append(pair('g'), expectation)).toEqual({ first, last, duplicate: true });
    const again = await failure(log.append([...pair('g'), ...pair('h')], expectation));
    expect(again).toBeInstanceOf(AlreadyAppended);
    expect(again).toMatchObject({ streams: ['ota.acme.device.g.>', 'ota.acme.device.h.>'] });
  });

  it('has one of the two orders when the stream moves meanwhile, never both stored the wrong way', async () => {
    for (let n = 0; n < 50; n++) {
      const [guarded, mover] = await Promise.allSettled([
        log.append(pair(`race-${n}`), { after: 0, ...unmoved({ [`race-${n}`]: 0 }) }),
        log.append([deadline(`race-${n}`, `mover-${n}`)], { after: 0 }),
      ]);
      if (mover.status === 'rejected') throw mover.reason;
      if (guarded.status === 'rejected') expect(guarded.reason).toBeInstanceOf(Conflict);
      else expect(guarded.value.last).toBeLessThan(mover.value.first);
    }
  });

  it('is a mistake when no event is left to carry the guard, or when it writes to the stream after all', async () => {
    const single = log.append([revoked('i', 'i-1')], { after: 0, ...unmoved({ 'looked-9': 0 }) });
    await expect(single).rejects.toThrow('no event left to carry the guard on ota.acme.update.looked-9.>');
    const events = [deadline('looked-9', 'l9'), deadline('looked-9', 'l10')];
    const written = log.append(events, { after: 0, ...unmoved({ 'looked-9': 0 }) });
    await expect(written).rejects.toThrow('the append writes to ota.acme.update.looked-9.>');
    expect(await log.read(streamOfUpdates('looked-9'))).toEqual([]);
  });
});
