import { beforeEach, describe, expect, it } from 'vitest';
import { UntilRowsMove } from './until-rows-move.js';

let rows: { generation: string; position: number };
let until: UntilRowsMove;
/** What lies in the rows, and how often somebody has looked. */
let there: string[];
let looks: number;

const look = async (): Promise<string[]> => {
  looks += 1;
  await Promise.resolve();
  return there;
};

beforeEach(() => {
  rows = { generation: 'g', position: 7 };
  until = new UntilRowsMove(rows);
  there = [];
  looks = 0;
});

describe('where nothing was found', () => {
  beforeEach(() => until.find(look));

  it('nobody looks again while the rows are the same', async () => {
    there = ['by another hand'];
    expect([await until.find(look), looks]).toEqual([[], 1]);
  });

  it.each([
    ['have moved on', { position: 8 }],
    ['are others, as far or not', { generation: 'h' }],
    ['are those of a log that was cut', { generation: 'h', position: 3 }],
  ])('somebody looks again once the rows %s', async (_, now) => {
    Object.assign(rows, now);
    there = ['due'];
    expect([await until.find(look), looks]).toEqual([['due'], 2]);
  });
});

it('is looked for again as long as something is found, though nothing could be done about it', async () => {
  there = ['due'];
  await until.find(look);
  expect(await until.find(look)).toEqual(['due']);
  expect(await until.isThere(() => Promise.resolve(true))).toBe(true);
});

it('is looked for again where rows came during the look, which need not have shown them', async () => {
  const looking = until.find(look);
  rows.position = 8;
  expect(await looking).toEqual([]);
  there = ['due'];
  expect(await until.find(look)).toEqual(['due']);
});

it('is looked for again where nobody could look', async () => {
  const away = new Error('PostgreSQL is away');
  await expect(until.find(() => Promise.reject(away))).rejects.toBe(away);
  there = ['due'];
  expect(await until.find(look)).toEqual(['due']);
});
