import { systemClock } from '@edgeflow/runtime';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Dependency } from './dependency.js';
import { logger } from './logger.js';
import { metrics } from './metrics.js';

afterEach(() => void vi.restoreAllMocks());

const isUp = async (name: string): Promise<number | undefined> => {
  const { values = [] } = (await metrics.getSingleMetric('edgeflow_dependency_up')?.get()) ?? {};
  return values.find(({ labels }) => labels['dependency'] === name)?.value;
};
const silenced = () => ({
  warn: vi.spyOn(logger, 'warn').mockImplementation(() => undefined),
  info: vi.spyOn(logger, 'info').mockImplementation(() => undefined),
});

/** A question whose answer takes so many milliseconds, by a clock that nothing else moves. */
function taking(ms: () => number): () => Promise<void> {
  let clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  return async () => void (clock += ms());
}

describe('what a service stands on', () => {
  it('is up while it answers', async () => {
    const dependency = new Dependency(
      { name: 'fine', code: 'log-unavailable', ask: async () => undefined },
      systemClock,
    );
    expect(await dependency.check()).toBeUndefined();
    expect(await isUp('fine')).toBe(1);
  });

  it('is away when it fails, with the code, the reason and since when; the log says so once, and once when it is back', async () => {
    const { warn, info } = silenced();
    let failure: Error | undefined = new Error('refused');
    const ask = async (): Promise<void> => {
      if (failure) throw failure;
    };
    const dependency = new Dependency({ name: 'gone', code: 'storage-unavailable', ask }, systemClock);
    for (let n = 0; n < 3; n++) {
      await expect(dependency.check()).rejects.toThrow(
        /^storage-unavailable: refused; the last answer of gone came \d+ s ago$/,
      );
    }
    expect(await isUp('gone')).toBe(0);
    failure = undefined;
    await dependency.check();
    await dependency.check();
    expect(await isUp('gone')).toBe(1);
    expect([warn.mock.calls.length, info.mock.calls.length]).toEqual([1, 1]);
    expect(warn.mock.calls[0]).toEqual([
      { dependency: 'gone', code: 'storage-unavailable', reason: 'refused' },
      'gone does not answer',
    ]);
  });

  it('is away when it hangs', async () => {
    silenced();
    const hung = new Dependency(
      { name: 'hung', code: 'log-unavailable', ask: () => new Promise(() => undefined) },
      systemClock,
    );
    await expect(hung.check()).rejects.toThrow(/^log-unavailable: no answer within 2 s/);
  });

  it('is asked all the time once it is watched, and not any more afterwards', async () => {
    let asked = 0;
    const ask = async (): Promise<void> => void (asked += 1);
    const dependency = new Dependency({ name: 'watched', code: 'log-unavailable', ask }, systemClock);
    dependency.start();
    await vi.waitFor(() => expect(asked).toBeGreaterThan(1), { timeout: 30_000 });
    dependency.stop();
  });

  it('is slow when each of its last answers was, and not when one of them was', async () => {
    let took_ms = 5;
    const dependency = new Dependency(
      { name: 'slow', code: 'log-unavailable', ask: taking(() => took_ms) },
      systemClock,
    );
    await dependency.check();
    took_ms = 120;
    for (let n = 0; n < 3; n++) expect(await dependency.check()).toBeUndefined();
    expect(await dependency.check()).toMatch(/^slow is slow: each of its last 4 answers took \d+ ms or longer/);
  });

  it('says once in the log that it is slow, and once that it is not any more, also when its answers go to and fro', async () => {
    const { warn, info } = silenced();
    let took_ms = 120;
    const dependency = new Dependency(
      { name: 'wavers', code: 'log-unavailable', ask: taking(() => took_ms) },
      systemClock,
    );
    for (let n = 0; n < 4; n++) await dependency.check();
    for (took_ms of [5, 120, 5, 120, 120, 120, 120]) await dependency.check();
    expect(warn.mock.calls).toEqual([[{ dependency: 'wavers', last_ms: expect.any(Array) }, 'wavers is slow']]);
    expect(info).not.toHaveBeenCalled();
    for (took_ms of [5, 5, 5, 5, 5]) await dependency.check();
    expect(info.mock.calls).toEqual([
      [{ dependency: 'wavers', last_ms: expect.any(Array) }, 'wavers is not slow any more'],
    ]);
    expect(warn).toHaveBeenCalledOnce();
  });
});
