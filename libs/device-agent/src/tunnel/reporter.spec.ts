import type { DeviceFrame } from '@edgeflow/contracts';
import { systemClock } from '@edgeflow/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Reporter } from './reporter.js';

let sent: DeviceFrame[];
let up: boolean;
let reporter: Reporter;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  up = true;
  reporter = new Reporter((frame) => up && sent.push(frame) > 0, systemClock);
});
afterEach(() => vi.useRealTimers());

const said = () => sent.map((frame) => (frame.type === 'progress' ? `${frame.phase} ${frame.progress}` : frame.type));

describe('progress', () => {
  it('is reported at most four times a second, and the last word is not lost', () => {
    for (let percent = 0; percent <= 99; percent += 1) {
      reporter.progress('u1', 'downloading', percent);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(250);
    expect(sent.length).toBeLessThanOrEqual(6);
    expect(said().at(-1)).toBe('downloading 99');
  });

  it('is reported at once when the phase changes', () => {
    reporter.progress('u1', 'downloading', 0);
    reporter.progress('u1', 'downloading', 50);
    reporter.progress('u1', 'verifying', 0);
    expect(said()).toEqual(['downloading 0', 'verifying 0']);
  });

  it('is a whole number', () => {
    reporter.progress('u1', 'downloading', 99.9);
    expect(said()).toEqual(['downloading 99']);
  });

  it('waits for the tunnel, the latest only, and is said again on each new one', () => {
    up = false;
    reporter.progress('u1', 'downloading', 10);
    reporter.progress('u1', 'verifying', 0);
    up = true;
    reporter.connected();
    reporter.connected();
    expect(said()).toEqual(['verifying 0', 'verifying 0']);
  });
});

describe('a failure', () => {
  it('takes the place of progress that was not sent', () => {
    up = false;
    reporter.progress('u1', 'downloading', 10);
    reporter.failed('u1', 'download-failed', 'x'.repeat(2_000));
    up = true;
    reporter.connected();
    expect(sent).toEqual([{ type: 'failed', update_id: 'u1', code: 'download-failed', message: 'x'.repeat(1_024) }]);
  });

  it('that went out is not said on every connection for ever', () => {
    reporter.failed('u1', 'install-failed', 'no');
    reporter.connected();
    expect(said()).toEqual(['failed']);
  });
});

describe('waiting for a report to go out', () => {
  it('ends when it did', async () => {
    up = false;
    reporter.progress('u1', 'rebooting', 0);
    const flushed = reporter.flushed(new AbortController().signal).then(() => sent.length);
    up = true;
    reporter.connected();
    expect(await flushed).toBe(1);
  });

  it('ends when one loses patience', async () => {
    up = false;
    reporter.progress('u1', 'rebooting', 0);
    const patience = new AbortController();
    const flushed = reporter.flushed(patience.signal).then(() => sent.length);
    patience.abort();
    expect(await flushed).toBe(0);
  });
});
