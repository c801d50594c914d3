import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { cpuMs, residentBytes } from './cpu.mjs';

/** /proc counts in ticks of 10 ms, and the three calls are not one moment. */
const TICKS_MS = 30;

function usedBy(work) {
  const [before, usage] = [cpuMs(process.pid), process.cpuUsage()];
  work();
  const { user, system } = process.cpuUsage(usage);
  return { counted: cpuMs(process.pid) - before, own: (user + system) / 1_000 };
}

const burn = (ms) => {
  for (const begin = process.cpuUsage(); process.cpuUsage(begin).user < ms * 1_000;);
};

describe('the CPU of a process', () => {
  it('is what the process says of itself', () => {
    const { counted, own } = usedBy(() => burn(200));
    expect(Math.abs(counted - own)).toBeLessThanOrEqual(TICKS_MS);
  });

  it('has that of a child that has ended', () => {
    const program = 'const begin = process.cpuUsage(); while (process.cpuUsage(begin).user < 200_000);';
    const { counted, own } = usedBy(() => execFileSync(process.execPath, ['-e', program]));
    expect(counted - own).toBeGreaterThanOrEqual(200 - TICKS_MS);
  });

  it('is not known of one that is not there', () => expect(cpuMs(2 ** 22 + 1)).toBeUndefined());
});

it('knows what is resident', () => {
  expect(Math.abs(residentBytes(process.pid) / process.memoryUsage.rss() - 1)).toBeLessThan(0.2);
});
