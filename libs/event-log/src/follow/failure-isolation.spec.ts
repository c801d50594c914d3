import { configureLogger } from '@edgeflow/telemetry';
import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { Refused, type StoredEvent } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { FailureIsolation } from './failure-isolation.js';

configureLogger({ service: 'spec', level: 'silent' });

const events = (count: number): StoredEvent[] =>
  Array.from({ length: count }, (_, index) => ({ position: index + 1 }) as StoredEvent);

/** Hands so many events to a handler. @returns how many it was given each time, which were handled, and which set aside */
async function handed(count: number, handle: (given: readonly StoredEvent[]) => void) {
  const time = new VirtualTime();
  const given: number[] = [];
  const handled: number[] = [];
  const aside: number[] = [];
  const isolation = new FailureIsolation({
    durable: 'spec',
    machine: time.machine(new SeededEntropy(1)),
    signal: new AbortController().signal,
    handler: async (part) => {
      if (part.events.length === 0) return;
      given.push(part.events.length);
      handle(part.events);
      handled.push(...part.events.map(({ position }) => position));
    },
    setAside: async (event) => {
      aside.push(event.position);
      return { position: event.position, unread: { why: 'set-aside' } } as never;
    },
  });
  await time.until(isolation.run(events(count)));
  return { given, handled, aside };
}

const inOrder = (count: number): number[] => events(count).map(({ position }) => position);

describe('events that a handler did not get done', () => {
  it('come in halves where more came at once than it gets done in time', async () => {
    const { given, handled, aside } = await handed(4_000, ({ length }) => {
      if (length > 1_000) throw new Refused('log-unavailable', 'no time for so many');
    });
    expect(given).toEqual([4_000, 2_000, 1_000, 1_000, 2_000, 1_000, 1_000]);
    expect(handled).toEqual(inOrder(4_000));
    expect(aside).toEqual([]);
  });

  it('come again as they are where they are few, however long it takes', async () => {
    let away = 20;
    const { given, handled } = await handed(400, () => {
      if (away-- > 0) throw new Refused('log-unavailable', 'away');
    });
    expect(given).toEqual(Array<number>(21).fill(400));
    expect(handled).toEqual(inOrder(400));
  });

  it('are handled but for the one whose fault it is, also where what they need was away meanwhile', async () => {
    let away = true;
    const { handled, aside } = await handed(1_001, (given) => {
      const wasAway = away;
      away = false;
      if (wasAway) throw new Refused('log-unavailable', 'away');
      if (given.some(({ position }) => position === 700)) throw new RangeError('of that event');
    });
    expect(aside).toEqual([700]);
    expect(handled).toEqual(inOrder(1_001).filter((position) => position !== 700));
  });
});
