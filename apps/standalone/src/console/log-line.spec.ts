import { describe, expect, it } from 'vitest';
import { readable } from './log-line.js';

describe('a line of a service’s log', () => {
  it('is shown in words when it is a warning or an error', () => {
    const err = { type: 'Error', message: 'connection refused', stack: 'Error: …' };
    expect(readable(JSON.stringify({ level: 'warn', time: 1, msg: 'NATS is away', err }))).toEqual({
      level: 'warn',
      text: 'NATS is away: connection refused',
    });
    const failed = { level: 'error', text: 'a request failed' };
    for (const level of ['"error"', '"fatal"', 50, 60]) {
      expect(readable(`{"level":${level},"msg":"a request failed"}`)).toEqual(failed);
    }
  });

  it('is not shown when it is routine', () => {
    expect(readable('{"level":"info","msg":"request completed"}')).toBeUndefined();
    expect(readable('{"level":30,"msg":"request completed"}')).toBeUndefined();
    expect(readable('')).toBeUndefined();
  });

  it('is shown for a request that the service failed, not for one that the client got wrong', () => {
    const request = (status: number): string =>
      JSON.stringify({ level: 'warn', method: 'GET', path: '/query/v1/devices', status, msg: 'request completed' });
    expect(readable(request(404))).toBeUndefined();
    expect(readable(request(503))?.text).toBe('GET /query/v1/devices was answered with 503');
  });

  it('is shown as it stands when it is no JSON: something crashed', () => {
    expect(readable('Error: boom')).toEqual({ level: 'warn', text: 'Error: boom' });
    expect(readable('    at main (file:///app/main.js:1:1)')).toBeUndefined();
    expect(readable('null')).toEqual({ level: 'warn', text: 'null' });
  });
});
