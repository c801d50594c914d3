import { describe, expect, it } from 'vitest';
import { Refused } from '@edgeflow/contracts';
import { DevicesKey } from '../devices/devices.query.js';
import { TimelineKey } from '../timeline/timeline.query.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { pageOf } from './page.js';

const refusedBy = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    return error instanceof Refused ? error.code : error;
  }
};

describe('a cursor', () => {
  it('is the key it was made of', () => {
    expect(decodeCursor(DevicesKey, encodeCursor({ device_id: 'dev_1' }))).toEqual({ device_id: 'dev_1' });
  });

  it.each([
    ['no base64', '***'],
    ['no JSON', Buffer.from('dev_1').toString('base64url')],
    ['of another list', encodeCursor({ position: 7 })],
    ['an id that is none', encodeCursor({ device_id: "x' OR 1=1" })],
    ['empty', ''],
  ])('is refused when it is %s', (_, cursor) => {
    expect(refusedBy(() => decodeCursor(DevicesKey, cursor))).toBe('invalid-request');
  });

  it.each([[-1], [1.5], [1e300], ['7']])('is refused with position %s', (position) => {
    expect(refusedBy(() => decodeCursor(TimelineKey, encodeCursor({ position })))).toBe('invalid-request');
  });
});

describe('a page', () => {
  const keyOf = (position: number): object => ({ position });

  it('has a next page when one row more was read', () => {
    expect(pageOf([1, 2, 3], 2, keyOf)).toEqual({ rows: [1, 2], next_cursor: encodeCursor({ position: 2 }) });
  });

  it.each([[[1, 2]], [[1]], [[]]])('is the last one with the rows %j', (rows) => {
    expect(pageOf(rows, 2, keyOf)).toEqual({ rows, next_cursor: null });
  });
});
