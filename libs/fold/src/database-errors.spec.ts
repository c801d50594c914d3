import { describe, expect, it } from 'vitest';
import { isDatabaseDown, outOfRoom } from './database-errors.js';

const answered = (code: string): Error => Object.assign(new Error(`said ${code}`), { code });

describe('a database that is away', () => {
  it.each(['ECONNREFUSED', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT', '57P01'])('is known by %s', (code) => {
    expect(isDatabaseDown(answered(code))).toBe(true);
    expect(isDatabaseDown(new AggregateError([answered(code)]))).toBe(true);
    expect(isDatabaseDown(new Error('a step failed', { cause: answered(code) }))).toBe(true);
  });

  it('is not one that has answered, whatever words of an event it repeats', () => {
    const refused = Object.assign(new Error('Connection terminated'), { code: '23505' });
    for (const error of [refused, new Error('no'), undefined]) expect(isDatabaseDown(error)).toBe(false);
  });
});

describe('a database without room', () => {
  it('is known by its own word, however deep it lies', () => {
    const driverError = answered('53100');
    expect(outOfRoom(driverError)).toBe('said 53100');
    expect(outOfRoom(Object.assign(new Error('query failed'), { driverError }))).toBe('said 53100');
    expect(outOfRoom(new Error('a step failed', { cause: driverError }))).toBe('said 53100');
  });

  it('is no database that is away, or refuses for another reason', () => {
    for (const error of [answered('53300'), answered('ECONNREFUSED'), new Error('timeout'), undefined, 'text'])
      expect(outOfRoom(error)).toBeUndefined();
  });
});
