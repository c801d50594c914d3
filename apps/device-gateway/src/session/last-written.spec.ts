import { VirtualTime } from '@edgeflow/simulation';
import { beforeEach, describe, expect, it } from 'vitest';
import { LastWritten } from './last-written.js';

const SAID = { id: 'evt_said', position: 7 };
const DAY_S = 86_400;

/** A log as far as is looked at it: its events by their positions. */
class SomeLog {
  epoch = 0;
  reason: string | undefined;
  readonly ids = new Map([[SAID.position, SAID.id]]);

  halted(): string | undefined {
    return this.reason;
  }

  markAt(position: number): Promise<string | undefined> {
    return Promise.resolve(this.ids.get(position));
  }
}

let time: VirtualTime;
let log: SomeLog;
beforeEach(() => {
  time = new VirtualTime();
  log = new SomeLog();
});

const written = (ttl_s?: number) => new LastWritten(log, time.clock(), { ...SAID, ...(ttl_s && { ttl_s }) });
const isLost = (last: LastWritten): Promise<boolean> => time.until(last.isLost());

describe('what a session wrote last', () => {
  it('is not lost where it stands', async () => {
    expect(await isLost(written())).toBe(false);
  });

  it('is lost where nothing stands, or something else', async () => {
    const last = written();
    log.ids.set(SAID.position, 'evt_other');
    expect(await isLost(last)).toBe(true);
    log.ids.delete(SAID.position);
    expect(await isLost(last)).toBe(true);
  });

  it('is not lost when a replica answers that is behind', async () => {
    log.ids.delete(SAID.position);
    time.at(2_000, () => log.ids.set(SAID.position, SAID.id));
    expect(await isLost(written())).toBe(false);
  });

  it('is not lost when its lease has run out, and is before that', async () => {
    const last = written(DAY_S);
    log.ids.delete(SAID.position);
    expect(await isLost(last)).toBe(true);
    await time.pass(DAY_S * 1_000);
    expect(await isLost(last)).toBe(false);
  });

  it('is in doubt from the loss of the connection until it was looked at', async () => {
    const last = written();
    expect(last.isInDoubt).toBe(false);
    log.epoch += 1;
    expect(last.isInDoubt).toBe(true);
    await isLost(last);
    expect(last.isInDoubt).toBe(false);
  });

  it('is neither lost nor there while nobody may write: a better copy of the log may come', async () => {
    const last = written();
    log.epoch += 1;
    log.ids.delete(SAID.position);
    log.reason = 'checkpoint-ahead';
    await expect(isLost(last)).rejects.toMatchObject({ code: 'log-diverged' });
    expect(last.isInDoubt).toBe(true);
  });

  it('is the newest of what it wrote', () => {
    const last = written();
    last.wrote({ id: 'evt_next', position: 9 }, 0);
    last.wrote({ id: 'evt_older', position: 8 }, 0);
    expect(last.is({ id: 'evt_next', position: 9 })).toBe(true);
    expect(last.is(undefined)).toBe(false);
  });
});
