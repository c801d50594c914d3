import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reported, revoked } from '../events.fixture.js';
import { type EventLog } from '../index.js';
import { startTestNats, type TestNats } from '../nats.fixture.js';

let nats: TestNats;
let log: EventLog;
beforeEach(async () => {
  nats = await startTestNats();
  log = await nats.connect({ name: 'room-spec' });
  const ballast = Array.from({ length: 900 }, (_, n) => revoked(`ballast-${n}`, `ballast-${n}`));
  await log.append(ballast, { after: 0 });
});
afterEach(async () => {
  await log.close();
  await nats.stop();
});

/** Gives the log so much room that it is as full as that, and waits until it is seen. */
async function fill(ratio: number): Promise<void> {
  const { bytes } = await log.state();
  await nats.provision({ name: 'spec', max_bytes: Math.ceil(bytes / ratio) });
  for (const until = Date.now() + 20_000; Math.abs(log.fill().ratio - ratio) > 0.005; await sleep(50)) {
    if (Date.now() > until) throw new Error(`the log says ${log.fill().ratio}`);
  }
}

const bulk = (id: string) => log.record(reported('dev', id));
const control = (id: string) => log.record(revoked('dev', id));

describe('a log that fills', () => {
  it('says nothing while there is room', async () => {
    await fill(0.7);
    expect(log.fill()).toMatchObject({ hasRoom: true, isFull: false, reason: undefined });
    await bulk('b1');
  });

  it('says so from 80 % on, and goes on', async () => {
    await fill(0.85);
    expect(log.fill()).toMatchObject({ hasRoom: true, isFull: false });
    expect(log.fill().reason).toMatch(/^the event log is 8\d % full \(\d+ of \d+ bytes\)/);
    await bulk('b1');
  });

  it('keeps what is left from 90 % on for control', async () => {
    await fill(0.92);
    expect(log.fill()).toMatchObject({ hasRoom: false, isFull: false });
    await expect(bulk('b1')).rejects.toMatchObject({ code: 'log-full', status: 503 });
    await expect(log.append([reported('x', 'x1'), reported('y', 'y1')], { after: 0 })).rejects.toMatchObject({
      code: 'log-full',
    });
    await control('c1');
    await log.append([reported('x', 'x1'), revoked('y', 'y1')], { after: 0 });
    await log.append([reported('z', 'z1')], { after: 0, urgent: true });
  });

  it('knows what it has written itself before it looks again', async () => {
    await fill(0.895);
    const written = Array.from({ length: 200 }, (_, n) => bulk(`b${n}`));
    const refused = (await Promise.allSettled(written)).filter(({ status }) => status === 'rejected');
    await expect(bulk('last')).rejects.toMatchObject({ code: 'log-full' });
    expect(refused.length).toBeLessThan(200);
  });

  it('refuses everything when the server does, and goes on by itself when there is room again', async () => {
    await fill(0.97);
    const all = async (): Promise<void> => {
      for (let n = 0; ; n++) await control(`c${n}`);
    };
    await expect(all()).rejects.toMatchObject({ code: 'log-full' });
    expect(log.fill()).toMatchObject({ isFull: true });
    expect(log.fill().reason).toContain('refuses everything');
    await fill(0.5);
    await bulk('b1');
    await control('again');
  });
});
