import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StreamConfig } from '@nats-io/jetstream';
import { streamSubject, type OtaEvent } from '@edgeflow/contracts';
import type { Manager } from '../connection/nats-client.js';
import { streamDefinitions } from '../connection/stream.js';
import { streamOfDevice, reported, revoked } from '../events.fixture.js';
import { Conflict, type EventLog } from '../index.js';
import { startTestNats, type TestNats } from '../nats.fixture.js';

let nats: TestNats;
beforeEach(async () => void (nats = await startTestNats()));
afterEach(() => nats.stop());

const open = (): Promise<EventLog> => nats.connect({ name: 'lease-spec' });
const leased = <E extends OtaEvent>(event: E): E => ({ ...event, ttl_s: 1 });

/** The server's own word on the stream. */
async function messages(): Promise<number> {
  return admin(async ({ streams }) => (await streams.info('OTA')).state.messages);
}

async function admin<T>(work: (manager: Manager) => Promise<T>): Promise<T> {
  const { nats: connection, manager } = await nats.client();
  try {
    return await work(manager);
  } finally {
    await connection.close();
  }
}

async function come(what: () => Promise<boolean>): Promise<void> {
  for (const until = Date.now() + 20_000; !(await what()); await sleep(50)) {
    if (Date.now() > until) throw new Error('it did not come');
  }
}

describe('an event with a lease', () => {
  it('leaves the log when it runs out, alone and out of a batch with guards; everything else stays', async () => {
    const log = await open();
    await log.append([revoked('one', 'r1')], { after: 0 });
    const { last } = await log.append([leased(reported('two', 'p1')), revoked('two', 'r2')], { after: 0 });
    const after = new Map([
      [streamSubject(streamOfDevice('one')), 1],
      [streamSubject(streamOfDevice('two')), last],
    ]);
    await log.append([leased(reported('one', 'p2')), leased(reported('two', 'p3'))], { after });
    expect(await messages()).toBe(5);
    await come(async () => (await messages()) === 2);
    expect((await log.read(streamOfDevice('one'))).map(({ id }) => id)).toEqual(['r1']);
    expect((await log.read(streamOfDevice('two'))).map(({ id }) => id)).toEqual(['r2']);
    await log.close();
  });

  it('was there: an author that has seen it and finds it gone reads again, and goes on', async () => {
    const log = await open();
    await log.append([revoked('device', 'r1')], { after: 0 });
    const { last: seen } = await log.append([leased(reported('device', 'p1'))], { after: 1 });
    await come(async () => (await log.lastPosition(streamOfDevice('device'))) < seen);
    await expect(log.append([reported('device', 'p2')], { after: seen })).rejects.toBeInstanceOf(Conflict);
    const after = await log.lastPosition(streamOfDevice('device'));
    expect((await log.append([reported('device', 'p2')], { after })).first).toBe(seen + 1);
    await log.close();
  });

  it('is what a batch is refused for by name: the other streams are as they were seen', async () => {
    const log = await open();
    const { last: kept } = await log.append([revoked('kept', 'r1')], { after: 0 });
    const { last: gone } = await log.append([leased(reported('gone', 'p1'))], { after: 0 });
    await come(async () => (await log.lastPosition(streamOfDevice('gone'))) < gone);
    const after = new Map([
      [streamSubject(streamOfDevice('kept')), kept],
      [streamSubject(streamOfDevice('gone')), gone],
      [streamSubject(streamOfDevice('new')), 0],
    ]);
    const events = [reported('kept', 'p2'), reported('gone', 'p3'), reported('new', 'p4')];
    await expect(log.append(events, { after })).rejects.toMatchObject({
      streams: [streamSubject(streamOfDevice('gone'))],
    });
    await log.close();
  });

  it('has its position for ever, also when the server is killed with nothing behind it', async () => {
    const log = await open();
    const { last } = await log.append([leased(reported('device', 'p1'))], { after: 0 });
    await come(async () => (await messages()) === 0);
    await nats.kill();
    await nats.restart();
    await come(() =>
      log.ping().then(
        () => true,
        () => false,
      ),
    );
    expect(await log.state()).toMatchObject({ first: 0, last });
    await log.close();
  });

  it('is let in by a log that an older release has made', async () => {
    await admin(async ({ streams }) => {
      for (const { name, config, defaults } of streamDefinitions({ servers: '', name: '' })) {
        const older: Partial<StreamConfig> = { ...defaults, ...config, name };
        if (name === 'OTA') delete older.allow_msg_ttl;
        await streams.add(older as StreamConfig);
      }
    });
    const log = await open();
    await log.append([leased(reported('device', 'p1'))], { after: 0 });
    await come(async () => (await messages()) === 0);
    await log.close();
  });
});

describe('a log that knows no leases yet, since nobody has run the provisioning', () => {
  it('keeps for ever what has one, alone and in a batch', async () => {
    const log = await open();
    await admin(async ({ streams }) => {
      const { config } = await streams.info('OTA');
      await streams.delete('OTA');
      const { allow_msg_ttl: _, ...older } = config;
      await streams.add(older);
    });
    await log.append([leased(reported('one', 'p1'))], { after: 0 });
    await log.append([leased(reported('two', 'p2')), revoked('two', 'r2')], { after: 0 });
    expect((await log.read(streamOfDevice('two'))).map(({ id }) => id)).toEqual(['p2', 'r2']);
    await log.close();
  });
});
