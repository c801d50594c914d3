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
});
