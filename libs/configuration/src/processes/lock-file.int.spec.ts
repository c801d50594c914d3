import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@edgeflow/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Locked, takeLock, underLock } from './lock-file.js';
import { identityOf } from './process-table.js';

let folder: string;
let path: string;
let other: ChildProcess;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeflow-lock-'));
  path = join(folder, 'lock');
  other = spawn('sleep', ['60']);
  await once(other, 'spawn');
});

afterEach(async () => {
  other.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function otherHoldsIt(): Promise<void> {
  await writeFile(path, JSON.stringify(identityOf(other.pid ?? 0)));
}

describe('a lock file', () => {
  it('is refused while its holder runs, and names the holder', async () => {
    await otherHoldsIt();
    expect(() => takeLock(path)).toThrow(new Locked(path, other.pid ?? 0));
  });

  it('is taken from a holder that was killed', async () => {
    await otherHoldsIt();
    other.kill('SIGKILL');
    await once(other, 'exit');
    const release = takeLock(path);
    expect(() => takeLock(path)).toThrow(Locked);
    release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is taken from a holder whose pid is another process now', async () => {
    await writeFile(path, JSON.stringify({ pid: other.pid, started: '1' }));
    expect(takeLock(path)).toBeTypeOf('function');
  });

  it('is taken from a holder of an earlier boot, whatever runs under its pid now', async () => {
    await writeFile(path, JSON.stringify({ ...identityOf(process.pid), boot: 'another' }));
    expect(takeLock(path)).toBeTypeOf('function');
  });

  it.each(['', '{', '{}', 'null', '{"pid":"7"}', '\0\0\0\0'])('is taken when it names nobody: %j', async (text) => {
    await writeFile(path, text);
    const release = takeLock(path);
    expect(() => takeLock(path)).toThrow(Locked);
    release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is waited for', async () => {
    await otherHoldsIt();
    const work = underLock(path, 10_000, async () => 'done', systemClock);
    other.kill('SIGKILL');
    expect(await work).toBe('done');
    expect(await readdir(folder)).toEqual([]);
  });
});
