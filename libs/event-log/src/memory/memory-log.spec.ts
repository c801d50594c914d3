import { beforeEach, describe, expect, it } from 'vitest';
import { Refused, type OtaEvent, type StoredEvent } from '@edgeflow/contracts';
import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import type { EventLog } from '../event-log.js';
import { deadline, reported, revoked, streamOfDevice } from '../events.fixture.js';
import { toHeaders } from '../wire.js';
import {
  MemoryLog,
  MemoryLogServer,
  MemoryNats,
  noFaults,
  type Fault,
  type MemoryLogFaults,
  type Refusal,
} from '../memory.js';

/* What nobody can bring a real server to on demand, below the log's own code. */

let time: VirtualTime;
let entropy: SeededEntropy;
let server: MemoryLogServer;
let log: EventLog;
/** What goes wrong how often yet, and with what: a part of the subject or the call. */
let faults: Map<Fault, { left: number; what: string }>;
let refusal: ((what: string) => Refusal | undefined) | undefined;
let delays: Partial<Record<string, number>>;
let behind: number;

beforeEach(async () => {
  time = new VirtualTime();
  entropy = new SeededEntropy(1);
  faults = new Map();
  refusal = undefined;
  delays = {};
  behind = 0;
  const port: MemoryLogFaults = {
    delay_ms: (step, about) => delays[step] ?? noFaults.delay_ms(step, about),
    strikes: (fault, { what }) => {
      const wanted = faults.get(fault);
      if (!wanted || wanted.left === 0 || !what.includes(wanted.what)) return false;
      wanted.left -= 1;
      return true;
    },
    refuses: ({ what }) => refusal?.(what),
    behind: () => behind,
  };
  server = new MemoryLogServer({ clock: time.clock(), faults: port });
  log = await connect('one');
});

const connect = (name: string, offset_ms = 0): Promise<EventLog> =>
  time.until(MemoryLog.connect(server, { name, machine: time.machine(entropy, { offset_ms }) }));
const strike = (fault: Fault, { left = 1, what = 'ota.' } = {}): void => void faults.set(fault, { left, what });
const idsOf = (events: readonly { id: string }[]): string[] => events.map(({ id }) => id);
const read = async (device: string): Promise<string[]> => idsOf(await time.until(log.read(streamOfDevice(device))));
const LATER = 'ota.acme.device.d.>';

describe('a scan', () => {
  it.each(['first', 'last'])('has all of the log though the %s delivery got lost', async (lost) => {
    for (const device of ['first', 'second', 'last'])
      await time.until(log.append([revoked(device, device)], { after: 0 }));
    strike('delivery-lost', { what: `device.${lost}.` });
    expect(idsOf(await time.until(Array.fromAsync(log.scan(['ota.>']))))).toEqual(['first', 'second', 'last']);
    expect(faults.get('delivery-lost')?.left).toBe(0);
  });
});

describe('an append whose answer is lost', () => {
  it('is sent again with the same ids, and is stored once', async () => {
    strike('answer-lost');
    const one = await time.until(log.append([revoked('d', '1')], { after: 0 }));
    expect(one).toEqual({ first: 1, last: 1, duplicate: true });
    expect(time.now_ms).toBeGreaterThanOrEqual(2_000);
    strike('answer-lost');
    const batch = [reported('d', '2'), reported('e', '3')];
    const seen = new Map([
      [LATER, 1],
      ['ota.acme.device.e.>', 0],
    ]);
    expect(await time.until(log.append(batch, { after: seen }))).toEqual({ first: 2, last: 3, duplicate: true });
    strike('answer-lost');
    expect(await time.until(log.record(reported('d', '4')))).toMatchObject({ first: 4, duplicate: true });
    expect(await read('d')).toEqual(['1', '2', '4']);
  });

  it('is stored when it is told that it was not: so it is known again later', async () => {
    strike('answer-lost', { left: 10 });
    const event = revoked('d', '1');
    await expect(time.until(log.append([event], { after: 0 }))).rejects.toMatchObject({ code: 'log-unavailable' });
    faults.clear();
    expect(await read('d')).toEqual(['1']);
    expect(await time.until(log.append([event], { after: 0 }))).toMatchObject({ duplicate: true });
  });

  it('is told from one that never came', async () => {
    strike('request-lost');
    expect(await time.until(log.append([revoked('d', '1')], { after: 0 }))).toMatchObject({ duplicate: false });
    // The first message of a batch, without which the rest is incomplete.
    strike('request-lost');
    const batch = [reported('d', '2'), reported('d', '3')];
    expect(await time.until(log.append(batch, { after: 1 }))).toMatchObject({ first: 2, duplicate: false });
  });
});

describe('an append of what was decided by what a connection has said', () => {
  const decided = (event: OtaEvent, over = log.epoch) => log.append([event], { after: 0, over });

  it('is not sent again over the next one: the log may have come back without what was read', async () => {
    expect(await time.until(decided(revoked('d', '1')))).toMatchObject({ last: 1 });
    strike('answer-lost');
    const appending = decided(revoked('e', '2'));
    appending.catch(() => undefined);
    expect(await read('e')).toEqual(['2']);
    server.kill();
    server.start({ OTA: 1 });
    await expect(time.until(appending)).rejects.toMatchObject({ code: 'log-unavailable' });
    await time.pass(30_000);
    expect([log.epoch, await read('e')]).toEqual([1, []]);
    await expect(time.until(decided(revoked('e', '2'), 0))).rejects.toMatchObject({ code: 'log-unavailable' });
    expect(await time.until(decided(revoked('e', '2')))).toMatchObject({ last: 2 });
  });

  it('is sent again over the same one, as any other', async () => {
    strike('answer-lost');
    expect(await time.until(decided(revoked('d', '1')))).toMatchObject({ duplicate: true });
  });
});

describe('an append through a cluster that has lost its leader', () => {
  it('is neither stored nor forgotten until the cluster agrees, and then stored once', async () => {
    delays.quorum = 3_000;
    strike('held');
    const stored = await time.until(log.append([revoked('d', '1')], { after: 0 }));
    expect(stored).toMatchObject({ first: 1, duplicate: true });
    strike('held');
    // Without a guard the id is what is in process (10158).
    expect(await time.until(log.record(revoked('e', '2')))).toMatchObject({ first: 2, duplicate: true });
    expect([await read('d'), await read('e')]).toEqual([['1'], ['2']]);
  });

  it('is stored by its repetition when the cluster has forgotten it', async () => {
    delays.quorum = 1_000;
    strike('held');
    strike('held-lost');
    const stored = await time.until(log.append([revoked('d', '1'), reported('d', '2')], { after: 0 }));
    expect(stored).toMatchObject({ first: 1, last: 2, duplicate: false });
  });

  it('may be stored though its server is killed meanwhile', async () => {
    delays.quorum = 60_000;
    strike('held');
    const append = log.append([revoked('d', '1')], { after: 0 });
    await time.pass(100);
    server.kill();
    await time.pass(200);
    server.start();
    expect(await time.until(append)).toMatchObject({ first: 1, duplicate: true });
  });

  it('is unavailable while it takes longer', async () => {
    delays.quorum = 20_000;
    strike('held');
    const append = log.append([revoked('d', '1')], { after: 0 });
    await expect(time.until(append)).rejects.toMatchObject({ code: 'log-unavailable' });
    await time.pass(20_000);
    expect(await read('d')).toEqual(['1']);
  });
});

describe('a log that may not be written', () => {
  it('may be again for everybody, though the word that it may not was stored after that was taken back', async () => {
    const other = await connect('two');
    delays.quorum = 12_000;
    strike('held', { what: 'aside.__log' });
    log.halt('fold', 'checkpoint-ahead');
    await time.pass(6_000);
    log.halt('fold', undefined);
    await time.pass(60_000);
    expect(faults.get('held')?.left).toBe(0);
    expect([log.halted(), other.halted()]).toEqual([undefined, undefined]);
  });
});

describe('a server that refuses for a while', () => {
  const until = (ms: number, said: Refusal): void => {
    const end = time.now_ms + ms;
    refusal = (what) => (what.startsWith('ota.') && time.now_ms < end ? said : undefined);
  };

  it.each<[string, Refusal]>([
    ['JetStream away', 'no-responders'],
    ['no quorum', { code: 503, err_code: 10008, description: 'JetStream system temporarily unavailable' }],
    ['an id in process', { code: 409, err_code: 10158, description: 'duplicate message id is in process' }],
    ['too many at once', { code: 429, err_code: 10167, description: 'too many requests' }],
  ])('is waited out: %s', async (_, said) => {
    until(1_500, said);
    expect(await time.until(log.append([revoked('d', '1')], { after: 0 }))).toMatchObject({ duplicate: false });
    until(60_000, said);
    const late = log.append([reported('d', '2')], { after: 1 });
    await expect(time.until(late)).rejects.toMatchObject({ code: 'log-unavailable' });
  });

  it('says that there is no room, once its disk is full', async () => {
    until(60_000, { code: 503, err_code: 10077, description: 'write: no space left on device' });
    const append = log.append([revoked('d', '1')], { after: 0 });
    await expect(time.until(append)).rejects.toMatchObject({ code: 'log-full' });
  });
});

describe('a follower', () => {
  /** Follows the device d, and says what it got. */
  async function follow(handle: (ids: string[]) => void = () => undefined) {
    const got: string[] = [];
    const options = { durable: 'spec', filters: [LATER], from: 1 };
    const follower = await time.until(
      log.follow(options, async ({ events }) => {
        handle(idsOf(events));
        got.push(...idsOf(events));
      }),
    );
    return { got, follower };
  }
  const write = (n: number) => time.until(log.record(reported('d', String(n))));

  it('misses nothing and sees nothing twice though deliveries and acknowledgements are lost', async () => {
    const { got } = await follow();
    await write(1);
    await time.become(() => got.length === 1);
    strike('delivery-lost');
    await write(2);
    await write(3);
    await time.become(() => got.length === 3);
    strike('ack-lost', { what: 'ack OTA', left: 2 });
    await write(4);
    await time.pass(15_000);
    await write(5);
    await time.become(() => got.length === 5);
    expect(got).toEqual(['1', '2', '3', '4', '5']);
  });

  it('has an event wait for company as long as it may, and no longer', async () => {
    const batches: string[][] = [];
    const options = { durable: 'spec', filters: [LATER], from: 1, company_ms: 20 };
    await time.until(log.follow(options, ({ events }) => Promise.resolve(void batches.push(idsOf(events)))));
    await write(1);
    const came = time.now_ms;
    await time.pass(15);
    await write(2);
    expect(batches).toEqual([]);
    await time.become(() => batches.length > 0);
    expect([batches, time.now_ms - came <= 20]).toEqual([[['1', '2']], true]);
  });

  it('tries again what fails, and goes on behind what it sets aside, however often that is refused', async () => {
    let tries = 0;
    const { got } = await follow((ids) => {
      if (!ids.includes('2')) return;
      tries += 1;
      throw new Error('spec');
    });
    let refused = 0;
    refusal = (what) =>
      what.startsWith('aside.') && (refused += 1) < 4 ? { code: 503, err_code: 10008, description: 'away' } : undefined;
    for (let n = 1; n <= 3; n++) await write(n);
    await time.become(() => got.length === 2);
    expect(got).toEqual(['1', '3']);
    expect(tries).toBeGreaterThanOrEqual(3);
    expect(await time.until(log.isDeadLetter('acme', 2))).toBe(true);
  });

  it('hears of a wire that is cut by the silence, and goes on where it was', async () => {
    const other = await connect('other');
    const { got } = await follow();
    await write(1);
    await time.become(() => got.length === 1);
    server.cut('one', 'to-client');
    await time.until(other.record(reported('d', '2')));
    await time.pass(6_000);
    expect(got).toEqual(['1']);
    server.heal('one', 'to-client');
    await time.become(() => got.length === 2);
    expect(log.epoch).toBe(0);
    server.cut('one');
    await time.until(other.record(reported('d', '3')));
    await time.pass(30_000);
    server.heal('one');
    await time.become(() => got.length === 3);
    expect([got, log.epoch]).toEqual([['1', '2', '3'], 1]);
  });

  it('does not try again what came over a connection that was lost: the log may have come back without it', async () => {
    let isAway = true;
    const { got } = await follow((ids) => {
      if (isAway && ids.includes('2')) throw new Refused('log-unavailable');
    });
    await write(1);
    await time.become(() => got.length === 1);
    await write(2);
    server.kill();
    server.start({ OTA: 1 });
    await time.become(() => log.epoch === 1);
    await write(3);
    await time.pass(5_000);
    isAway = false;
    await time.pass(30_000);
    expect(got).toEqual(['1', '3']);
  });

  it('is told over which connection a batch came', async () => {
    const epochs: number[] = [];
    const options = { durable: 'spec', filters: [LATER], from: 1 };
    await time.until(log.follow(options, ({ epoch }) => Promise.resolve(void epochs.push(epoch))));
    await write(1);
    await time.become(() => epochs.length === 1);
    server.disconnect('one');
    await time.become(() => log.epoch === 1);
    await write(2);
    await time.become(() => epochs.length === 2);
    expect(epochs).toEqual([0, 1]);
  });

  it('is delivered again what a killed server has forgotten, and hands it over once', async () => {
    const { got } = await follow();
    for (let n = 1; n <= 3; n++) await write(n);
    await time.become(() => got.length === 3);
    strike('acks-forgotten', { what: 'spec' });
    server.kill();
    await time.pass(3_000);
    server.start();
    await time.pass(3_000);
    await write(4);
    await time.become(() => got.length === 4);
    expect(got).toEqual(['1', '2', '3', '4']);
  });
});

describe('a node whose process dies', () => {
  it('leaves its messages to the next, and does nothing any more', async () => {
    const got: string[] = [];
    const options = { durable: 'spec', filters: [LATER], from: 1 };
    const hung = new Promise<void>(() => undefined);
    await time.until(log.follow(options, ({ events }) => (got.push(...idsOf(events).map((id) => `one ${id}`)), hung)));
    const other = await connect('other');
    await time.until(other.record(reported('d', '1')));
    await time.become(() => got.length === 1);
    const late = log.record(reported('d', 'never')).catch(() => 'failed');
    server.crash('one');
    const handler = async ({ events }: { events: readonly StoredEvent[] }): Promise<void> =>
      void got.push(...idsOf(events).map((id) => `other ${id}`));
    await time.until(other.follow(options, handler));
    await time.become(() => got.length === 2);
    expect(await time.until(late)).toBe('failed');
    expect(got).toEqual(['one 1', 'other 1']);
    expect(server.stream('OTA')?.last).toBe(1);
  });
});

describe('a connection that is cut', () => {
  it('is so for whoever connects from there, until it is healed', async () => {
    server.cut('two');
    const connecting = MemoryLog.connect(server, { name: 'two', machine: time.machine(entropy) });
    await time.pass(20_000);
    server.heal('two');
    expect((await time.until(connecting)).epoch).toBe(0);
  });

  it('holds what is under way, and drops it when it is given up', async () => {
    server.cut('one', 'to-server');
    const append = log.append([revoked('d', '1')], { after: 0 });
    await time.pass(1_000);
    expect(server.stream('OTA')?.last).toBe(0);
    server.heal('one', 'to-server');
    expect(await time.until(append)).toMatchObject({ duplicate: false });
  });

  it('may send late what was published while it was away', async () => {
    const raw = new MemoryNats(server, 'raw', time.clock());
    await time.until(raw.open());
    server.disconnect('raw');
    strike('sent-late');
    for (const word of ['late', 'dropped']) raw.publish('ota.acme.device.d.DeviceRevoked', word);
    await time.pass(1_000);
    expect(server.stream('OTA')?.last).toBe(1);
    expect(new TextDecoder().decode(server.stream('OTA')?.at(1)?.data)).toBe('late');
  });
});

describe('what was sent again over a new connection', () => {
  it('arrives by the old one as well, later, and is stored once: alone and in a batch', async () => {
    delays['again'] = 20_000;
    strike('sent-again', { left: 2 });
    expect(await time.until(log.record(reported('d', '1')))).toMatchObject({ first: 1, duplicate: false });
    const batch = [reported('d', '2'), reported('e', '3')];
    const seen = new Map([
      [LATER, 1],
      ['ota.acme.device.e.>', 0],
    ]);
    expect(await time.until(log.append(batch, { after: seen }))).toMatchObject({ first: 2, duplicate: false });
    const heard: string[] = [];
    log.subscribe(['ota.acme.device.*.*'], ({ type }) => heard.push(type));
    await time.pass(30_000);
    expect(server.stream('OTA')?.last).toBe(3);
    expect(heard).toHaveLength(3);
  });

  it('is stored where the log has lost it meanwhile, and never once the server has died', async () => {
    delays['again'] = 20_000;
    const raw = new MemoryNats(server, 'raw', time.clock());
    await time.until(raw.open());
    const publish = (id: string): void =>
      raw.publish('ota.acme.device.d.DeviceRevoked', id, { headers: toHeaders([['Nats-Msg-Id', id]]) });
    strike('sent-again', { left: 2 });
    publish('1');
    await time.pass(10_000);
    server.stream('OTA')?.loseBehind(0);
    await time.pass(15_000);
    expect(server.stream('OTA')?.last).toBe(1);
    publish('2');
    await time.pass(10_000);
    server.kill();
    server.start({ OTA: 1 });
    await time.pass(15_000);
    expect(server.stream('OTA')?.last).toBe(1);
  });
});

describe('hints', () => {
  it('may be lost, and so may what is shown live', async () => {
    const hints: string[] = [];
    const live: StoredEvent[] = [];
    log.subscribe(['ota.acme.update.d.*'], ({ type }) => hints.push(type));
    log.live('acme', 'd', (event) => live.push(event));
    await time.until(log.ping());
    strike('hint-lost');
    strike('republish-lost', { what: 'live.' });
    await time.until(log.append([deadline('d', '1')], { after: 0 }));
    await time.until(log.append([deadline('d', '2')], { after: 1 }));
    await time.pass(100);
    expect([hints.length, idsOf(live)]).toEqual([1, ['2']]);
  });
});

describe('a replica that is behind', () => {
  it('shows less than there is: an author that believes it is in conflict, until it has caught up', async () => {
    for (let n = 1; n <= 3; n++) await time.until(log.record(reported('d', String(n))));
    behind = 1;
    expect(await read('d')).toEqual(['1', '2']);
    expect(await time.until(log.lastPosition(streamOfDevice('d')))).toBe(2);
    const append = log.append([revoked('d', '4')], { after: 2 });
    await time.pass(300);
    behind = 0;
    await expect(time.until(append)).rejects.toMatchObject({ code: 'conflict' });
    expect(await read('d')).toEqual(['1', '2', '3']);
  });
});

describe('time', () => {
  it('is that of the server: an answer that takes long makes it less sure', async () => {
    const fast = await connect('fast', 60_000);
    expect(fast.clock.skew_s()).toBe(60);
    expect(fast.clock.mayLead).toBe(false);
    await time.until(fast.append([revoked('d', '1')], { after: 0 }));
    const [event] = await time.until(fast.read(streamOfDevice('d')));
    expect(event?.stored_at).toBe('2026-01-02T00:00:00.000Z');
  });

  it('takes what has a lease out of the log, late at times', async () => {
    delays.expiry = 700;
    await time.until(log.append([{ ...reported('d', '1'), ttl_s: 2 }], { after: 0 }));
    await time.pass(2_500);
    expect(await read('d')).toEqual(['1']);
    await time.pass(300);
    expect(await read('d')).toEqual([]);
    expect(await time.until(log.state())).toMatchObject({ first: 0, last: 1, messages: 0 });
  });

  it('lets answers overtake each other, and messages of one connection never', async () => {
    let n = 0;
    const port: MemoryLogFaults = {
      ...noFaults,
      delay_ms: (step) => (step === 'answer' ? ([30, 5][n++ % 2] ?? 0) : 2),
    };
    const own = new MemoryLogServer({ clock: time.clock(), faults: port });
    const one = await time.until(MemoryLog.connect(own, { name: 'one', machine: time.machine(entropy) }));
    const order: string[] = [];
    const asked = ['first', 'second'].map(async (name) => (await one.ping(), order.push(name)));
    n = 0;
    await time.until(Promise.all(asked));
    expect(order).toEqual(['second', 'first']);
    const appended = ['1', '2', '3'].map((id) => one.record(reported('d', id)));
    expect((await time.until(Promise.all(appended))).map(({ first }) => first)).toEqual([1, 2, 3]);
  });
});
