import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { reported, revoked, streamOfDevice } from '../events.fixture.js';
import { startTestNats, type TestNats } from '../nats.fixture.js';

let nats: TestNats;
beforeEach(async () => {
  nats = await startTestNats();
});
afterEach(() => nats.stop());

const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 30_000, interval: 50 });

describe('an append in trouble', () => {
  it('is refused as log-full when there is no room, and stores nothing', async () => {
    const log = await nats.connect({ name: 'spec', max_bytes: 20_000 });
    const fill = async (): Promise<void> => {
      for (;;)
        await log.append([reported('d', `d${await log.lastPosition(streamOfDevice('d'))}`)], {
          after: await log.lastPosition(streamOfDevice('d')),
        });
    };
    await expect(fill()).rejects.toMatchObject({ code: 'log-full', status: 503 });
    const before = await log.state();
    const batch = [reported('x', 'x1'), reported('y', 'y1')];
    await expect(log.append(batch, { after: 0 })).rejects.toMatchObject({ code: 'log-full' });
    expect(await log.state()).toEqual(before);
    await log.close();
  });

  it('is refused as log-unavailable in an outage, and works again after it', async () => {
    const log = await nats.connect({ name: 'spec' });
    await nats.kill();
    const event = revoked('d', 'd1');
    await expect(log.append([event], { after: 0 })).rejects.toMatchObject({ code: 'log-unavailable', status: 503 });
    await expect(log.read(streamOfDevice('d'))).rejects.toMatchObject({ code: 'log-unavailable' });
    await expect(log.ping()).rejects.toMatchObject({ code: 'log-unavailable' });
    await nats.restart();
    await eventually(() => log.ping());
    const { first } = await log.append([event], { after: 0 });
    expect(await log.read(streamOfDevice('d'))).toEqual([{ ...event, position: first, stored_at: expect.any(String) }]);
    await log.close();
  });

  it('outlives a short outage', async () => {
    const log = await nats.connect({ name: 'spec' });
    await nats.kill();
    const appending = log.append([revoked('d', 'd1'), revoked('e', 'e1')], { after: 0 });
    await nats.restart();
    expect((await appending).first).toBe(1);
    await log.close();
  });

  it('does not outlive one when it was decided by what the connection before has said', async () => {
    const log = await nats.connect({ name: 'spec' });
    const { epoch: over } = log;
    await nats.kill();
    const appending = log.append([revoked('d', 'd1')], { after: 0, over });
    appending.catch(() => undefined);
    await nats.restart();
    await expect(appending).rejects.toMatchObject({ code: 'log-unavailable' });
    await eventually(() => log.ping());
    expect(log.epoch).toBe(over + 1);
    expect(await log.read(streamOfDevice('d'))).toEqual([]);
    await log.append([revoked('d', 'd1')], { after: 0, over: log.epoch });
    await log.close();
  });

  it('loses nothing that was acknowledged when the server is killed in the middle', async () => {
    const log = await nats.connect({ name: 'spec' });
    const acknowledged: string[] = [];
    let writing = true;
    const writer = async (stream: number): Promise<void> => {
      let after = 0;
      for (let n = 0; writing; n++) {
        const event = reported(`w${stream}`, `w${stream}-${n}`);
        const { last } = await log.append([event], { after });
        acknowledged.push(event.id);
        after = last;
      }
    };
    const writers = Promise.all(Array.from({ length: 20 }, (_, stream) => writer(stream)));
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(500));
    await nats.kill();
    const atCrash = acknowledged.length;
    await nats.restart();
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(atCrash + 500));
    writing = false;
    await writers;
    const streams = await Promise.all(
      Array.from({ length: 20 }, (_, stream) => log.read(streamOfDevice(`w${stream}`))),
    );
    // Each stream whole and in order, each event once: what was acknowledged and nothing else.
    for (const [stream, events] of streams.entries()) {
      expect(events.map(({ id }) => id)).toEqual(events.map((_, n) => `w${stream}-${n}`));
    }
    expect(
      streams
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...acknowledged].sort());
    await log.close();
  });
});
