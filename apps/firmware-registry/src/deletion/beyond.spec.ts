import { describe, expect, it } from 'vitest';
import { beyond } from './beyond.js';

const upload = (position: number, model: string, version: string) =>
  ({ position, data: { firmware_id: `fw_${position}`, model, version } }) as unknown as Parameters<
    typeof beyond
  >[0][number];

const uploads = [
  ...[upload(1, 'm1', '1.0.0'), upload(2, 'm2', '1.0.0'), upload(3, 'm1', '2.0.0')],
  ...[upload(5, 'm1', '1.0.1'), upload(4, 'm1', '3.0.0-rc.1')],
];

describe('what is beyond the newest of each model', () => {
  it.each([
    [1, ['1.0.0', '2.0.0', '3.0.0-rc.1']],
    [2, ['1.0.0', '2.0.0']],
    [3, ['1.0.0']],
    [4, []],
  ])('is, where %i are kept, what was uploaded before them', (keep, versions) => {
    const found = beyond(uploads, keep, new Set());
    expect(found.map(({ version }) => version)).toEqual(versions);
    expect(found.every(({ model }) => model === 'm1')).toBe(true);
  });

  it.each<[string, number, number[], string[]]>([
    ['the two newest', 1, [4, 5], ['1.0.0']],
    ['the newest', 2, [5], ['1.0.0']],
    ['the oldest', 2, [1], ['1.0.0', '2.0.0']],
    ['all', 2, [1, 3, 4, 5], []],
  ])('is counted without what is revoked: %s', (_which, keep, positions, versions) => {
    const found = beyond(uploads, keep, new Set(positions.map((position) => `fw_${position}`)));
    expect(found.map(({ version }) => version)).toEqual(versions);
  });
});
