import { describe, expect, it } from 'vitest';
import { growth, performancePage } from './performance-page.mjs';

const machine = { cpus: 2, model: 'a core', memory: 2 ** 34, linux: '6.1', node: 'v24', commit: 'abc', load: 0.1 };
const rate = (size, ours) => ({
  ...{ bench: 'connect', title: 'connect', one: 'connect', sides: { ours: 'tunnels', ceiling: 'bare ws' } },
  ...{ size, what: 'connects', unit: 'devices/s', ours, ceiling: 400 },
});
const wait = (size, p99) => ({
  ...rate(size),
  what: 'welcome',
  unit: 'ms',
  ours: undefined,
  p50: 1,
  p99,
  ceiling: undefined,
});

describe('growth', () => {
  it('is drawn in proportion to the largest', () => {
    expect(growth([rate(100, 50), rate(1_000, 100)]).map((line) => line.match(/█+/)[0].length)).toEqual([15, 30]);
  });

  it('of a latency is that of its slowest', () => {
    expect(growth([wait(100, 4), wait(1_000, 8)])[0]).toContain('4 ms');
  });
});

describe('the page', () => {
  const page = performancePage({ at: '2026-12-01T00:00:00Z', machine, rows: [rate(100, 200), wait(100, 4)] });

  it('says what both sides do, on which machine', () => {
    expect(page).toContain('- **We**: tunnels.\n- **The ceiling**: bare ws.');
    expect(page).toContain('2 cores (a core), 16 GiB');
  });

  it('says whether others used the machine', () => {
    expect(page).not.toContain('Others used it');
    const busy = { at: '2026-12-01T00:00:00Z', machine: { ...machine, load: 3 }, rows: [] };
    expect(performancePage(busy)).toContain('Others used it');
  });

  it('has the ratio to the ceiling, and none where there is no ceiling', () => {
    expect(page).toContain('| connects | 100 | 200 devices/s | 400 devices/s | 0.5 |');
    expect(page).toContain('| welcome | 100 | 1 / 4 ms | – | – |');
  });

  it('says of a goal that was not measured that it was not', () => {
    expect(page).toMatch(/\| CPU of a whole update.*\| – \| ≤ 6 \| not measured \|/);
  });
});
