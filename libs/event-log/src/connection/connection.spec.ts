import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { describe, expect, it } from 'vitest';
import { Connection } from './connection.js';
import type { Nats, NatsClient } from './nats-client.js';

/** A client whose connection is lost at once, and is back after `ms` with a server of this version. */
function lostClient(time: VirtualTime, { ms, version }: { ms: number; version: string }): NatsClient {
  const clock = time.clock({ lane: 1 });
  let closed = false;
  const nats: Partial<Nats> = {
    info: { version },
    isClosed: () => closed,
    getServer: () => 'here:4222',
    close: async () => {
      await clock.sleep(1);
      closed = true;
    },
    async *status() {
      yield { type: 'disconnect', server: 'here:4222' };
      await clock.sleep(ms);
      yield { type: 'reconnect', server: 'here:4222' };
      // It has no end before the connection has.
      await new Promise(() => undefined);
    },
  };
  return { nats, manager: {}, jetstream: {} } as NatsClient;
}

async function askedOver(back: { ms: number; version: string }): Promise<{ outcome: unknown; after_ms: number }> {
  const time = new VirtualTime();
  const machine = time.machine(new SeededEntropy(1), { lane: 1 });
  const connection = new Connection(lostClient(time, back), 'spec', machine);
  await time.pass(1);
  const begin = time.now_ms;
  const asked = connection.ask(() => Promise.resolve('answered')).catch((error: unknown) => error);
  return { outcome: await time.until(asked), after_ms: time.now_ms - begin };
}

describe('a request while the connection is lost', () => {
  it('is made when it is back', async () => {
    const { outcome, after_ms } = await askedOver({ ms: 500, version: '2.14.0' });
    expect(outcome).toBe('answered');
    expect(after_ms).toBeLessThan(510);
  });

  it('waits no longer once it is back with a server that is too old, to which nothing is said', async () => {
    const { outcome, after_ms } = await askedOver({ ms: 500, version: '2.10.0' });
    expect(outcome).toMatchObject({ code: 'log-unavailable' });
    expect(after_ms).toBeLessThan(510);
  });

  it('is given up after two seconds', async () => {
    const { outcome, after_ms } = await askedOver({ ms: 60_000, version: '2.14.0' });
    expect(outcome).toMatchObject({ code: 'log-unavailable' });
    expect(after_ms).toBe(2_000);
  });
});
