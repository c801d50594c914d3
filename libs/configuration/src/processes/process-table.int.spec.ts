import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { identityOf, isAlive } from './process-table.js';

describe('this process', () => {
  it('runs, and did not begin at another time', () => {
    expect(isAlive(identityOf(process.pid))).toBe(true);
    expect(isAlive({ pid: process.pid, started: '1' })).toBe(false);
  });
});

describe('a process that was killed', () => {
  it.each(['node', 'a) b (c'])('runs no more, whatever it was called: %s', async (name) => {
    const program = join(tmpdir(), `${name}-${process.pid}`);
    await copyFile('/bin/sleep', program);
    const child = spawn(program, ['60'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const identity = identityOf(child.pid!);
    expect(identity.started).toMatch(/^\d{3,}$/);
    expect(isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(identity)).toBe(false);
    await rm(program);
  });
});
