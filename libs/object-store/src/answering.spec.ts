import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock as clock } from '@edgeflow/runtime';
import { describe, expect, it } from 'vitest';
import { moving, whileAnswering } from './answering.js';

/** Between two looks, in milliseconds. */
const look_ms = 20;
const HUNG = { code: 'storage-unavailable' };
const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));

describe('long work on the store', () => {
  it('goes on while the store answers, however silent the work is', async () => {
    let asked = 0;
    const enough = Promise.withResolvers<string>();
    const ask = async (): Promise<void> => {
      asked += 1;
      if (asked === 10) enough.resolve('done');
    };
    expect(await whileAnswering(ask, () => enough.promise, { clock, look_ms })).toBe('done');
  });

  it.each([
    ['refuses', () => Promise.reject(new Error('refused'))],
    ['is silent', never],
  ])('ends as an outage once the store %s', async (_, ask) => {
    await expect(whileAnswering(ask, never, { clock, look_ms })).rejects.toMatchObject(HUNG);
  });

  it('outlasts single questions that are not answered', async () => {
    let asked = 0;
    const enough = Promise.withResolvers<string>();
    const ask = async (): Promise<void> => {
      asked += 1;
      if (asked === 9) enough.resolve('done');
      if (asked % 2 === 1) throw new Error('busy');
    };
    expect(await whileAnswering(ask, () => enough.promise, { clock, look_ms })).toBe('done');
  });

  it('fails as itself while the store answers', async () => {
    const failing = whileAnswering(never, () => Promise.reject(new Error('its own')), { clock, look_ms });
    await expect(failing).rejects.toThrow('its own');
  });
});

describe('a body', () => {
  async function* chunks(...pauses_ms: number[]): AsyncGenerator<Uint8Array> {
    for (const ms of pauses_ms) {
      await sleep(ms);
      yield new Uint8Array(1);
    }
  }

  it('may be slow as long as it moves', async () => {
    expect(await Array.fromAsync(moving(chunks(1, 1, 1), { clock, still_ms: 30_000 }))).toHaveLength(3);
  });

  it('ends as an outage when it stands still', async () => {
    const still: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    };
    await expect(Array.fromAsync(moving(still, { clock, still_ms: look_ms }))).rejects.toMatchObject(HUNG);
  });
});
