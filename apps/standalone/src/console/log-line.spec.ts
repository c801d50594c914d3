import { describe, expect, it } from 'vitest';
import { readable } from './log-line.js';

describe('a line of a service’s log', () => {
  it('is shown in words when it is a warning or an error', () => {
    const err = { type: 'Error', message: 'connection refused', stack: 'Error: …' };
    expect(readable(JSON.stringify({ level: 40, time: 1, msg: 'NATS is away', err }))).toEqual({
      level: 'warn',
      text: 'NATS is away: connection refused',
    });
    expect(readable('{"level":50,"msg":"a request failed"}')).toEqual({ level: 'error', text: 'a request failed' });
  });

  it('is not shown when it is routine', () => {
    expect(readable('{"level":30,"msg":"request completed"}')).toBeUndefined();
    expect(readable('')).toBeUndefined();
  });

  it('is shown as it stands when it is no JSON: something crashed', () => {
    expect(readable('Error: boom')).toEqual({ level: 'warn', text: 'Error: boom' });
    expect(readable('    at main (file:///app/main.js:1:1)')).toBeUndefined();
    expect(readable('null')).toEqual({ level: 'warn', text: 'null' });
  });
});
