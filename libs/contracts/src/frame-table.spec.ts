import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { codeTable, frameTable } from './frame-table.js';

describe('the limits and patterns of frames', () => {
  it('stand in the device protocol as the contracts have them', () => {
    const page = readFileSync(new URL('../../../docs/device-protocol.md', import.meta.url), 'utf8');
    expect(page).toContain(frameTable());
    expect(page).toContain(codeTable());
  });

  it.each([
    '| device → cloud | `progress` | `progress` | a whole number, 0 to 100 |',
    '| device → cloud | `failed` | `code` | `^[A-Za-z0-9_-]{1,64}$` |',
    '| device → cloud | `hello` | `failed.message` | a text of at most 1024 characters |',
    '| cloud → device | `update` | `version` | a semantic version of at most 64 characters |',
    '| cloud → device | `update` | `rollback`? | a boolean |',
  ])('%s', (row) => expect(frameTable()).toContain(row));
});
