import { describe, expect, it } from 'vitest';
import { inRows } from './rows.js';

describe('a record in rows', () => {
  it('is JSON with a line for each item of a list', () => {
    const record = { state: 'completed', waves: [{ index: 0 }, { index: 1 }], actions: [], rollback: null };
    const text = inRows(record);
    expect(JSON.parse(text)).toEqual(record);
    expect(text.split('\n')).toHaveLength(9);
    expect(text).toContain('\n    {"index":1}\n');
  });
});
