import { systemClock } from '@edgeflow/runtime';
import { Controller, UseFilters, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { map, timer, type Observable } from 'rxjs';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { EventErrorsFilter, type EventLog, type InboxMessage, InboxServer } from '../index.js';

let nats: TestNats;
let log: EventLog;
let app: INestMicroservice | undefined;
/** What the handlers saw, and what they are to do by the request's id. */
let calls: { id: string; org: string; attempt: number; by: string }[];
let failing: Map<string, () => unknown>;

beforeEach(async () => {
  nats = await startTestNats();
  await nats.provision({ name: 'spec', organizations: ['acme', 'globex'] });
  log = await nats.connect({ name: 'spec' });
  calls = [];
  failing = new Map();
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await log.close();
  await nats.stop();
});

function note({ org, request_id: id, attempt }: InboxMessage, by: string): unknown {
  calls.push({ id, org, attempt, by });
  return failing.get(id)?.();
}

@Controller()
@UseFilters(EventErrorsFilter)
class Handlers {
  @EventPattern<string>('inbox.*.*.UpdateRequested')
  async update(@Payload() message: InboxMessage): Promise<void> {
    await note(message, 'update');
  }

  @EventPattern<string>('inbox.globex.*.RollbackRequested')
  rollback(@Payload() message: InboxMessage): Observable<unknown> {
    return timer(20).pipe(map(() => note(message, 'rollback')));
  }
}

@Controller()
class Answering {
  @MessagePattern('inbox.*.*.*')
  answer(): string {
    return 'nothing';
  }
}

@Controller()
class Empty {}

async function serve(controller: new () => object): Promise<InboxServer> {
  class Module {}
  const strategy = new InboxServer({ inboxes: log.inboxes, leading: () => true, clock: systemClock });
  app = await NestFactory.createMicroservice<MicroserviceOptions>(
    { module: Module, controllers: [controller] },
    { strategy, logger: false },
  );
  await app.listen();
  strategy.start();
  return strategy;
}

async function ask(...subjects: string[]): Promise<void> {
  const { nats: connection } = await nats.client();
  for (const subject of subjects) await connection.request(`inbox.${subject}`, '{}', { timeout: 5_000 });
  await connection.drain();
}

const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 30_000, interval: 20 });
const idsOf = (org: string): string[] => calls.filter((call) => call.org === org).map(({ id }) => id);

describe('an @EventPattern handler over the inboxes', () => {
  it('gets each message that its pattern names, of every organization in its order', async () => {
    await ask('acme.r_1.UpdateRequested', 'globex.r_2.UpdateRequested', 'acme.r_3.UpdateRequested');
    await ask('globex.r_4.RollbackRequested');
    await serve(Handlers);
    await eventually(() => expect(calls).toHaveLength(4));
    expect(idsOf('acme')).toEqual(['r_1', 'r_3']);
    expect(idsOf('globex')).toEqual(['r_2', 'r_4']);
    expect(calls.find(({ id }) => id === 'r_4')?.by).toBe('rollback');
  });

  it('gets a message again after an error, from a Promise and from an Observable, and what is behind it later', async () => {
    for (const id of ['r_1', 'r_4']) {
      failing.set(id, () => {
        failing.delete(id);
        throw new Error('not yet');
      });
    }
    await serve(Handlers);
    await ask('acme.r_1.UpdateRequested', 'acme.r_2.UpdateRequested', 'globex.r_4.RollbackRequested');
    await eventually(() => expect(calls).toHaveLength(5));
    expect(idsOf('acme')).toEqual(['r_1', 'r_1', 'r_2']);
    expect(calls.filter(({ id }) => id === 'r_4').map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('is waited for when the server closes, and takes the message out by its end', async () => {
    const released = Promise.withResolvers<void>();
    failing.set('r_1', () => released.promise);
    await ask('acme.r_1.UpdateRequested', 'acme.r_2.UpdateRequested');
    await serve(Handlers);
    await eventually(() => expect(idsOf('acme')).toEqual(['r_1']));
    const closing = app?.close();
    released.resolve();
    await closing;
    app = undefined;
    await serve(Handlers);
    await eventually(() => expect(idsOf('acme')).toContain('r_2'));
    expect(idsOf('acme').filter((id) => id === 'r_1')).toHaveLength(1);
  });

  it('must be for events, and there must be one: an inbox answers nothing', async () => {
    await expect(serve(Answering)).rejects.toThrow(/must be an @EventPattern/);
    await expect(serve(Empty)).rejects.toThrow('no @EventPattern is registered');
    app = undefined;
  });
});
