import { Controller, UseFilters, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect } from '@nats-io/transport-node';
import { jetstreamManager, type ConsumerInfo } from '@nats-io/jetstream';
import { timer, map, type Observable } from 'rxjs';
import { Refused, type StoredEvent } from '@edgeflow/contracts';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { EventContext, EventErrorsFilter, EventLog, EventLogServer, Poison } from '../index.js';
import { deviceLane, deadline, reported, revoked } from '../events.fixture.js';

let nats: TestNats;
let log: EventLog;
let app: INestMicroservice | undefined;
/** What the handlers saw, and what they are to do by the event's id. */
let calls: { id: string; deliveries: number; subject: string }[];
let failing: Map<string, () => unknown>;

beforeEach(async () => {
  nats = await startTestNats();
  log = await EventLog.connect({ servers: nats.url, name: 'server-spec' });
  calls = [];
  failing = new Map();
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await log.close();
  await nats.stop();
});

function note(event: StoredEvent, { deliveries, subject }: EventContext): unknown {
  calls.push({ id: event.id, deliveries, subject });
  return failing.get(event.id)?.();
}

@Controller()
@UseFilters(EventErrorsFilter)
class Handlers {
  @EventPattern<string>('ota.*.device.*.DeviceRevoked')
  async revoked(@Payload() event: StoredEvent, @Ctx() context: EventContext): Promise<void> {
    await note(event, context);
  }

  @EventPattern<string>('ota.*.update.>')
  update(@Payload() event: StoredEvent, @Ctx() context: EventContext): Observable<unknown> {
    return timer(20).pipe(map(() => note(event, context)));
  }
}

@Controller()
class PlainHandlers {
  @EventPattern<string>('ota.*.device.*.DeviceRevoked')
  revoked(@Payload() event: StoredEvent, @Ctx() context: EventContext): unknown {
    return note(event, context);
  }
}

@Controller()
class Requests {
  @MessagePattern('ota.*.device.*.DeviceRevoked')
  answer(): string {
    return 'nothing';
  }
}

async function serve(
  controller: new () => object,
  options: Partial<ConstructorParameters<typeof EventLogServer>[0]> = {},
): Promise<EventLogServer> {
  class Module {}
  const strategy = new EventLogServer({ log, durable: 'spec', maxDeliver: 3, backoffMs: () => 10, ...options });
  app = await NestFactory.createMicroservice<MicroserviceOptions>(
    { module: Module, controllers: [controller] },
    { strategy, logger: false },
  );
  await app.listen();
  return strategy;
}

async function durable(): Promise<ConsumerInfo> {
  const connection = await connect({ servers: nats.url });
  const info = await (await jetstreamManager(connection)).consumers.info('OTA', 'spec');
  await connection.drain();
  return info;
}

async function setAside(): Promise<Record<string, string | undefined>[]> {
  const connection = await connect({ servers: nats.url });
  const manager = await jetstreamManager(connection);
  const { state } = await manager.streams.info('OTA_ASIDE');
  const found = [];
  for (let seq = 1; seq <= state.last_seq; seq++) {
    const header = (await manager.direct.getMessage('OTA_ASIDE', { seq }))?.header;
    found.push({ id: header?.get('ce-id'), code: header?.get('Aside-Code'), reason: header?.get('Aside-Reason') });
  }
  await connection.drain();
  return found;
}

const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 20_000, interval: 20 });
/** Everything is acknowledged or terminated. */
const settled = (upTo: number): Promise<void> =>
  eventually(async () => {
    const { ack_floor, num_ack_pending, num_pending } = await durable();
    expect({ floor: ack_floor.stream_seq >= upTo, num_ack_pending, num_pending }).toEqual({
      floor: true,
      num_ack_pending: 0,
      num_pending: 0,
    });
  });

describe('an @EventPattern handler over the log', () => {
  it('gets each event that its pattern names, with its context, and acknowledges by ending', async () => {
    await log.append([revoked('d1', 'a'), reported('d1', 'b'), deadline('d1', 'c')], { after: 0 });
    await serve(Handlers);
    await eventually(() => expect(calls).toHaveLength(2));
    expect(calls).toContainEqual({ id: 'a', deliveries: 1, subject: 'ota.acme.device.d1.DeviceRevoked' });
    expect(calls).toContainEqual({ id: 'c', deliveries: 1, subject: 'ota.acme.update.d1.DeadlineReached' });
    await settled(3);
  });

  it('gets an event again after an error, from a Promise and from an Observable', async () => {
    for (const id of ['a', 'c']) {
      failing.set(id, () => {
        failing.delete(id);
        throw new Error('not yet');
      });
    }
    await serve(Handlers);
    await log.append([revoked('d1', 'a'), deadline('d1', 'c')], { after: 0 });
    await eventually(() => expect(calls).toHaveLength(4));
    expect(calls.filter(({ id }) => id === 'a').map(({ deliveries }) => deliveries)).toEqual([1, 2]);
    expect(calls.filter(({ id }) => id === 'c').map(({ deliveries }) => deliveries)).toEqual([1, 2]);
    await settled(2);
    expect(await setAside()).toEqual([]);
  });

  it('has an event set aside, with the reason, when it throws Poison or has failed too often', async () => {
    failing.set('a', () => {
      throw new Poison('makes no sense', { code: 'nonsense' });
    });
    failing.set('b', () => {
      throw new Refused('device-unknown', 'who is that');
    });
    await serve(Handlers);
    await log.append([revoked('d1', 'a'), revoked('d2', 'b'), revoked('d3', 'c')], { after: 0 });
    await settled(3);
    expect(calls.map(({ id }) => id).sort()).toEqual(['a', 'b', 'b', 'b', 'c']);
    const kept = (await setAside()).sort((one, two) => String(one['id']).localeCompare(String(two['id'])));
    expect(kept).toEqual([
      { id: 'a', code: 'nonsense', reason: 'Poison: makes no sense' },
      { id: 'b', code: 'device-unknown', reason: 'Refused: device-unknown: who is that' },
    ]);
  });

  it('gets an event again, for ever, while what it needs is away', async () => {
    let failures = 8;
    failing.set('a', () => {
      if (failures-- > 0) throw new Refused('log-unavailable');
    });
    await serve(Handlers);
    await log.append([revoked('d1', 'a')], { after: 0 });
    await settled(1);
    expect(calls).toHaveLength(9);
    expect(await setAside()).toEqual([]);
  });

  it('is behind the position that it does not get past, when it is asked after a while', async () => {
    failing.set('a', () => {
      throw new Refused('log-full');
    });
    await log.append([revoked('d0', 'z'), revoked('d1', 'a')], { after: 0 });
    const strategy = await serve(Handlers, { backoffMs: () => 100.5 });
    await eventually(() => expect(strategy.stalled()).toMatchObject({ position: 2 }));
    failing.delete('a');
    await settled(2);
    await eventually(() => expect(strategy.stalled()).toBeUndefined());
  });

  it('may throw Poison without the filter of this library, too', async () => {
    failing.set('a', () => {
      throw new Poison('makes no sense', { code: 'nonsense' });
    });
    await serve(PlainHandlers);
    await log.append([revoked('d1', 'a')], { after: 0 });
    await settled(1);
    expect(await setAside()).toEqual([{ id: 'a', code: 'nonsense', reason: 'Poison: makes no sense' }]);
  });

  it('never sees what is no event', async () => {
    const connection = await connect({ servers: nats.url });
    connection.publish('ota.acme.device.d1.DeviceRevoked', 'no json');
    await connection.drain();
    await serve(Handlers);
    await log.append([revoked('d1', 'a')], { after: await log.lastPosition(deviceLane('d1')) });
    await settled(2);
    expect(calls.map(({ id }) => id)).toEqual(['a']);
    expect(await setAside()).toMatchObject([{ code: 'event-invalid' }]);
  });

  it('runs at most so many at a time, and is waited for when the server closes', async () => {
    let running = 0;
    let most = 0;
    const released = Promise.withResolvers<void>();
    for (let n = 0; n < 10; n++) {
      failing.set(`e${n}`, async () => {
        most = Math.max(most, ++running);
        await released.promise;
        running--;
      });
    }
    await serve(Handlers, { concurrency: 3 });
    const events = Array.from({ length: 10 }, (_, n) => revoked('d1', `e${n}`));
    await log.append(events, { after: 0 });
    await eventually(() => expect(running).toBe(3));
    const closing = app?.close();
    released.resolve();
    await closing;
    app = undefined;
    expect(running).toBe(0);
    expect(most).toBe(3);
    const begun = calls.length;
    await serve(Handlers, { concurrency: 3 });
    await settled(10);
    expect(begun).toBeLessThan(10);
    expect([...new Set(calls.map(({ id }) => id))].sort()).toEqual(events.map(({ id }) => id));
  });

  it('goes on after a crash of NATS, and when its durable is deleted', async () => {
    await serve(Handlers, { ackWaitMs: 1_000 });
    await log.append([revoked('d1', 'a')], { after: 0 });
    await settled(1);
    await nats.kill();
    await nats.restart();
    await eventually(() => log.ping());
    await log.append([revoked('d2', 'b')], { after: 0 });
    await settled(2);
    const connection = await connect({ servers: nats.url });
    await (await jetstreamManager(connection)).consumers.delete('OTA', 'spec');
    await connection.drain();
    await log.append([revoked('d3', 'c')], { after: 0 });
    // At least once: what was acknowledged just before the crash may come again.
    await eventually(() => expect([...new Set(calls.map(({ id }) => id))]).toEqual(['a', 'b', 'c']));
  });

  it('must be for events: the log answers nothing', async () => {
    await expect(serve(Requests)).rejects.toThrow(/must be an @EventPattern/);
    app = undefined;
  });
});
