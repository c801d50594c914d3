import { Refused } from '@edgeflow/contracts';
import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { describe, expect, it } from 'vitest';
import { reported, streamOfDevice } from '../events.fixture.js';
import { MemoryLog, MemoryLogServer, type MemoryLogFaults } from '../memory.js';

/** Two writers and a follower through whatever the seed brings. @returns every decision in its order, and what came of it */
async function story(seed: number): Promise<{ trace: string[]; stored: string[]; got: string[]; written: string[] }> {
  const time = new VirtualTime();
  const entropy = new SeededEntropy(seed);
  const trace: string[] = [];
  /** Whoever starts is to come up first. */
  let isUnderWay = false;
  const drawn = (reason: string): number => {
    const value = entropy.random(reason);
    trace.push(`${time.now_ms} ${reason} ${value}`);
    return value;
  };
  const faults: MemoryLogFaults = {
    delay_ms: (step, { node, what }) => {
      const value = drawn(`${step} ${node} ${what}`);
      return step === 'reconnect' ? 250 : step === 'quorum' ? 1_000 * value : step === 'expiry' ? 0 : 20 * value;
    },
    strikes: (fault, { node, what }) => isUnderWay && drawn(`${fault} ${node} ${what}`) < 0.01,
    refuses: ({ node, what }) =>
      isUnderWay && drawn(`refuses ${node} ${what}`) < 0.02
        ? { code: 503, err_code: 10008, description: 'away' }
        : undefined,
    behind: ({ node }) => (drawn(`behind ${node}`) < 0.05 ? 1 : 0),
  };
  const server = new MemoryLogServer({ clock: time.clock(), faults });
  const connect = (name: string) => time.until(MemoryLog.connect(server, { name, machine: time.machine(entropy) }));
  const [one, other, reader] = [await connect('one'), await connect('other'), await connect('reader')];
  const got: string[] = [];
  const follower = await time.until(
    reader.follow({ durable: 'spec', filters: ['ota.>'], from: 1 }, async ({ events }) => {
      got.push(...events.map(({ id }) => id));
    }),
  );
  isUnderWay = true;
  const written: string[] = [];
  const write = async (log: typeof one, device: string): Promise<void> => {
    for (let n = 0; n < 40; n++) {
      const events = [reported(device, `${device}-${n}-a`), reported(device, `${device}-${n}-b`)].slice(n % 2);
      for (let isDone = false; !isDone;) {
        try {
          await log.append(events, { after: await log.lastPosition(streamOfDevice(device)) });
          isDone = true;
        } catch (error) {
          // Who is told of a conflict of its own had stored it before.
          if (!(error instanceof Refused)) throw error;
          isDone = (await log.read(streamOfDevice(device)).catch(() => [])).some(({ id }) => id === events.at(-1)?.id);
        }
      }
      written.push(...events.map(({ id }) => id));
    }
  };
  const writing = Promise.all([write(one, 'a'), write(other, 'b')]);
  await time.pass(500);
  server.kill();
  await time.pass(1_000);
  server.start();
  await time.until(writing);
  await time.become(() => got.length >= written.length);
  await time.until(follower.stop());
  const stored = Array.from({ length: server.stream('OTA')?.last ?? 0 }, (_, n) => server.stream('OTA')?.at(n + 1));
  await time.until(Promise.all([one.close(), other.close(), reader.close()]));
  return { trace, got, written, stored: stored.map((message) => message?.fields.get('ce-id') ?? '') };
}

describe('a story that a seed tells', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('stores all once and hands it over once, in order, with seed %i', async (seed) => {
    const { stored, got, written } = await story(seed);
    expect(got).toEqual(stored);
    expect(stored.toSorted()).toEqual(written.toSorted());
    expect(new Set(stored).size).toBe(stored.length);
  });

  it('is the same again, decision by decision', async () => {
    const [first, again, other] = [await story(11), await story(11), await story(12)];
    expect(first.trace.length).toBeGreaterThan(1_000);
    expect(again.trace).toEqual(first.trace);
    expect(other.trace).not.toEqual(first.trace);
  });
});
