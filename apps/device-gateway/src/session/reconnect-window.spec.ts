import { describe, expect, it } from 'vitest';
import { reconnectWindow } from './reconnect-window.js';

describe('the reconnect window', () => {
  const configured = { min_s: 1, max_s: 30 };

  it('is the configured one while few devices are connected', () => {
    expect(reconnectWindow(configured, 100)).toEqual(configured);
  });

  it('grows so that a large fleet does not come back as a stampede', () => {
    expect(reconnectWindow(configured, 18_000)).toEqual({ min_s: 1, max_s: 361 });
  });

  it('grows with what waits for a welcome: so fast are devices let in now', () => {
    const of = (waiting: number, oldest_s: number) => reconnectWindow(configured, 4_000, { waiting, oldest_s }).max_s;
    // 90 a second, of which a third may come back.
    expect(of(900, 10)).toBe(135);
    // As fast as ever; and those who have just come say nothing.
    expect([of(1_000, 5), of(101, 0.5)]).toEqual([81, 81]);
  });

  it('is no longer than that of a gateway which lets five in a second', () => {
    expect(reconnectWindow(configured, 18_000, { waiting: 1, oldest_s: 30 }).max_s).toBe(3_601);
  });
});
