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

describe('what a service stands on', () => {
  it('is up while it answers', async () => {
    const dependency = new Dependency({ name: 'fine', code: 'log-unavailable', ask: async () => undefined });
    expect(await dependency.check()).toBeUndefined();
    expect(await isUp('fine')).toBe(1);
  });

  it('is away when it fails, with the code, the reason and since when; the log says so once, and once when it is back', async () => {
    const { warn, info } = silenced();
    let failure: Error | undefined = new Error('refused');
    const ask = async (): Promise<void> => {
      if (failure) throw failure;
    };
    const dependency = new Dependency({ name: 'gone', code: 'storage-unavailable', ask });
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
    const hung = new Dependency({ name: 'hung', code: 'log-unavailable', ask: () => new Promise(() => undefined) });
    await expect(hung.check()).rejects.toThrow(/^log-unavailable: no answer within 2 s/);
  });

  it('is asked all the time once it is watched, and not any more afterwards', async () => {
    let asked = 0;
    const ask = async (): Promise<void> => void (asked += 1);
    const dependency = new Dependency({ name: 'watched', code: 'log-unavailable', ask });
    dependency.start();
    await vi.waitFor(() => expect(asked).toBeGreaterThan(1), { timeout: 30_000 });
    dependency.stop();
  });

  it('is slow when each of its last answers was, and not when one of them was', async () => {
    let took_ms = 5;
    const ask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, took_ms));
    const dependency = new Dependency({ name: 'slow', code: 'log-unavailable', ask });
    await dependency.check();
    took_ms = 120;
    for (let n = 0; n < 3; n++) expect(await dependency.check()).toBeUndefined();
    expect(await dependency.check()).toMatch(/^slow is slow: each of its last 4 answers took \d+ ms or longer/);
  });
});
