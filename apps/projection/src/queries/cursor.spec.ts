import { describe, expect, it } from 'vitest';
import type { EntityManager } from 'typeorm';
import { Refused, isToken } from '@edgeflow/contracts';
import { decodeCursor, encodeCursor, isPosition } from './cursor.js';
import { pageOf } from './read-models.js';

const DEVICES = { device_id: isToken };

const refusedBy = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    return error instanceof Refused ? error.code : error;
  }
};

describe('a cursor', () => {
  it('is the key it was made of', () => {
    expect(decodeCursor(DEVICES, encodeCursor({ device_id: 'dev_1' }))).toEqual({ device_id: 'dev_1' });
  });

  it.each([
    ['no base64', '***'],
    ['no JSON', Buffer.from('dev_1').toString('base64url')],
    ['of another list', encodeCursor({ position: 7 })],
    ['an id that is none', encodeCursor({ device_id: "x' OR 1=1" })],
    ['empty', ''],
  ])('is refused when it is %s', (_, cursor) => {
    expect(refusedBy(() => decodeCursor(DEVICES, cursor))).toBe('invalid-request');
  });

  it.each([[-1], [1.5], [1e300], ['7']])('is refused with position %s', (position) => {
    expect(refusedBy(() => decodeCursor({ position: isPosition }, encodeCursor({ position })))).toBe('invalid-request');
  });
});

describe('a page', () => {
  const page = (found: readonly number[], limit: number) =>
    pageOf(
      {} as EntityManager,
      { limit },
      {
        key: { position: isPosition },
        keyOf: (position: number) => ({ position }),
        rows: async (_tables, { take }) => found.slice(0, take),
        show: (rows) => [...rows],
      },
      9,
    );

  it('has a next page when one row more was read', async () => {
    expect(await page([1, 2, 3, 4], 2)).toEqual({ items: [1, 2], next_cursor: encodeCursor({ position: 2 }) });
  });

  it.each([[[1, 2]], [[1]], [[]]])('is the last one with the rows %j', async (rows) => {
    expect(await page(rows, 2)).toEqual({ items: rows, next_cursor: null });
  });
});
