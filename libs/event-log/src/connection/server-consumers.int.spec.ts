import { nanos } from '@nats-io/nats-core';
import type { ConsumerConfig } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import type { Deliveries, Delivered, NatsClient } from './nats-client.js';

/* What followers and readers stand on: how the server delivers, without any code of ours above it. */

let nats: TestNats;
let client: NatsClient;
let count = 0;

beforeAll(async () => {
  nats = await startTestNats();
  await nats.provision({ name: 'spec' });
  client = await nats.client();
});
afterAll(async () => {
  await client.nats.close();
  await nats.stop();
});

/** Messages of a device of this check's own, and its consumer. */
async function consumer(messages: number, config: Partial<ConsumerConfig> = {}) {
  const name = `consumer_${(count += 1)}`;
  const subject = `ota.acme.device.${name}.X`;
  const publish = async (): Promise<number> => {
    const { data } = await client.nats.request(subject, '{}', { timeout: 5_000 });
    return (JSON.parse(new TextDecoder().decode(data)) as { seq: number }).seq;
  };
  let first = 0;
  for (let n = 0; n < messages; n++) {
    const seq = await publish();
    first ||= seq;
  }
  const info = await client.manager.consumers.add('OTA', {
    ...{ durable_name: name, filter_subjects: [`ota.acme.device.${name}.>`], ack_policy: 'explicit' },
    ...{ deliver_policy: 'by_start_sequence', opt_start_seq: first || 1, ack_wait: nanos(1_000) },
    ...config,
  });
  const pulled = client.jetstream.consumers.getConsumerFromInfo(info);
  return { name, info, first, publish, pulled };
}

const HOW = { max_messages: 10, expires: 5_000, idle_heartbeat: 1_000 };
const factsOf = (first: number, { seq, info }: Delivered): number[] => [
  seq - first,
  info.deliverySequence,
  info.pending,
];

/** Takes so many, and does something with each. */
async function take(messages: Deliveries, wanted: number, use: (message: Delivered) => void): Promise<Delivered[]> {
  const taken: Delivered[] = [];
  for await (const message of messages) {
    taken.push(message);
    use(message);
    if (taken.length === wanted) break;
  }
  return taken;
}

describe('a consumer', () => {
  it('delivers in order, with its own count and what is behind', async () => {
    const { pulled, first, publish, info, name } = await consumer(3);
    expect(info).toMatchObject({ name, num_pending: 3, ack_floor: { stream_seq: 0 } });
    const messages = await pulled.consume({ ...HOW, abort_on_missing_resource: true });
    const taken = await take(messages, 3, (message) => message.ack());
    expect(taken.map((message) => factsOf(first, message))).toEqual([
      [0, 1, 2],
      [1, 2, 1],
      [2, 3, 0],
    ]);
    await messages.close();
    await publish();
    await vi.waitFor(async () => {
      const { ack_floor, num_pending } = await client.manager.consumers.info('OTA', name);
      expect([ack_floor.stream_seq, num_pending]).toEqual([first + 2, 1]);
    });
  });

  it('delivers again what is not acknowledged in time or given back, under new numbers, and newer ones meanwhile', async () => {
    const { pulled, first } = await consumer(4, { ack_wait: nanos(500), max_ack_pending: 3 });
    const messages = await pulled.consume({ ...HOW, abort_on_missing_resource: true });
    let n = 0;
    const taken = await take(messages, 6, (message) => {
      n += 1;
      if (n === 2) message.nak();
      else if (n > 2) message.ack();
    });
    // 1 waits for its time, 2 comes back at once.
    expect(taken.map(({ seq }) => seq - first).toSorted()).toEqual([0, 0, 1, 1, 2, 3]);
    expect(taken.map(({ info }) => info.deliverySequence)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(taken.at(-1)?.seq).toBe(first);
    await messages.close();
  });

  it('has no more under way than it may, and waits for who works', async () => {
    const { pulled, first } = await consumer(5, { ack_wait: nanos(1_000), max_ack_pending: 2 });
    const messages = await pulled.consume(HOW);
    const got: Delivered[] = [];
    const reading = (async () => {
      for await (const message of messages) got.push(message);
    })();
    await vi.waitFor(() => expect(got).toHaveLength(2));
    for (let n = 0; n < 8; n++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      for (const message of got) message.working();
    }
    expect(got.map(({ seq }) => seq - first)).toEqual([0, 1]);
    got[0]?.ack();
    await vi.waitFor(() => expect(got).toHaveLength(3));
    await messages.close();
    await reading;
  });

  it('is done with all up to the newest that is acknowledged, where it was made so', async () => {
    const { pulled, name, first } = await consumer(4, { ack_policy: 'all', max_ack_pending: 3 });
    const messages = await pulled.consume(HOW);
    const got: Delivered[] = [];
    const reading = (async () => {
      for await (const message of messages) got.push(message);
    })();
    await vi.waitFor(() => expect(got).toHaveLength(3));
    got[1]?.ack();
    got[0]?.ack();
    // The rest may come, and what was not acknowledged comes again, as often as that takes.
    const later = (): number[] => got.slice(3).map(({ seq }) => seq - first);
    await vi.waitFor(() => expect(later()).toContain(2), { timeout: 20_000 });
    expect([...new Set(later())].toSorted()).toEqual([2, 3]);
    got.find(({ seq }) => seq === first + 3)?.ack();
    await vi.waitFor(async () => {
      const { ack_floor, num_ack_pending } = await client.manager.consumers.info('OTA', name);
      expect([ack_floor.stream_seq, num_ack_pending]).toEqual([first + 3, 0]);
    });
    await messages.close();
    await reading;
  });

  it('is the same for who makes it again with the same settings, and taken for others', async () => {
    const { info, name } = await consumer(0);
    const { consumers } = client.manager;
    const config = {
      durable_name: name,
      filter_subjects: [`ota.acme.device.${name}.>`],
      ack_policy: 'explicit' as const,
    };
    const same = { ...config, deliver_policy: 'by_start_sequence', opt_start_seq: 1, ack_wait: nanos(1_000) } as const;
    expect((await consumers.add('OTA', same)).name).toBe(info.name);
    await expect(consumers.add('OTA', { ...same, metadata: { owner: 'other' } })).rejects.toMatchObject({
      code: 10148,
    });
  });

  it('ends a delivery that is bound to it when it is deleted', async () => {
    const { pulled, name } = await consumer(0);
    const messages = await pulled.consume({ ...HOW, abort_on_missing_resource: true });
    const ended = expect(take(messages, 1, () => undefined)).rejects.toThrow('consumer deleted');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await client.manager.consumers.delete('OTA', name);
    await ended;
  });

  it('gives the newest of each subject, and then what comes', async () => {
    const { name, first } = await consumer(3);
    const policy = { deliver_policy: 'last_per_subject', ack_policy: 'none', opt_start_seq: undefined } as const;
    const filter_subjects = [`ota.acme.device.${name}.>`];
    const info = await client.manager.consumers.add('OTA', {
      ...policy,
      durable_name: `${name}_last`,
      filter_subjects,
    });
    expect(info.num_pending).toBe(1);
    const messages = await client.jetstream.consumers.getConsumerFromInfo(info).fetch(HOW);
    const [only] = await take(messages, 1, () => undefined);
    expect(only && factsOf(first, only)).toEqual([2, 1, 0]);
    await messages.close();
  });

  it('ends a fetch with its number or its time, and goes when nobody pulls', async () => {
    const { pulled, name } = await consumer(3, {
      ack_policy: 'none',
      inactive_threshold: nanos(2_000),
      mem_storage: true,
    });
    const all = await Array.fromAsync(await pulled.fetch({ ...HOW, max_messages: 2 }));
    const rest = await Array.fromAsync(await pulled.fetch({ ...HOW, expires: 1_000, idle_heartbeat: 400 }));
    expect([all.length, rest.length]).toEqual([2, 1]);
    const isGone = async () =>
      expect(client.manager.consumers.info('OTA', name)).rejects.toMatchObject({ code: 10014 });
    await vi.waitFor(isGone, { timeout: 20_000, interval: 200 });
  });

  it('takes an acknowledgement for a message, whichever consumer of its name delivered it', async () => {
    const { pulled, name, info, first } = await consumer(1, { ack_wait: nanos(60_000) });
    const messages = await pulled.consume(HOW);
    const [old] = await take(messages, 1, () => undefined);
    await client.manager.consumers.delete('OTA', name);
    const { durable_name, filter_subjects, ack_policy, deliver_policy, opt_start_seq, ack_wait } = info.config;
    const again = { durable_name, filter_subjects, ack_policy, deliver_policy, opt_start_seq, ack_wait };
    const anew = client.jetstream.consumers.getConsumerFromInfo(
      await client.manager.consumers.add('OTA', again as never),
    );
    const more = await anew.consume(HOW);
    await take(more, 1, () => undefined);
    old?.ack();
    await vi.waitFor(async () => {
      const { ack_floor, num_ack_pending } = await client.manager.consumers.info('OTA', name);
      expect([ack_floor.stream_seq, num_ack_pending]).toEqual([first, 0]);
    });
    await more.close();
  });

  it('is there after a crash of the server when it is on disk, and may have forgotten what was acknowledged; else it is gone', async () => {
    const kept = await consumer(2);
    const gone = await consumer(2, { ack_policy: 'none', mem_storage: true, inactive_threshold: nanos(60_000) });
    const messages = await kept.pulled.consume(HOW);
    await take(messages, 1, (message) => message.ack());
    await messages.close();
    const floor = async (): Promise<number> =>
      (await client.manager.consumers.info('OTA', kept.name)).ack_floor.stream_seq;
    await vi.waitFor(async () => expect(await floor()).toBe(kept.first));
    await nats.kill();
    await nats.restart();
    const floors = [kept.first - 1, kept.first];
    await vi.waitFor(async () => expect(floors).toContain(await floor()), { timeout: 20_000 });
    await expect(client.manager.consumers.info('OTA', gone.name)).rejects.toMatchObject({ code: 10014 });
  });
});
