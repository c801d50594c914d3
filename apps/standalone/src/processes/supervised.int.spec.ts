import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ProcessLog } from '../console/process-log.js';
import { startNodeProcess } from './node-process.js';
import { Supervised, type Loss, type SupervisorEvents } from './supervised.js';

let folder: TemporaryFolder;
let supervised: Supervised | undefined;

/** What a supervisor told, and the next thing it tells of a kind. */
class Told implements SupervisorEvents {
  readonly pids: number[] = [];
  readonly why: string[] = [];
  private readonly waiting: (() => void)[] = [];

  started(pid: number): void {
    this.pids.push(pid);
    this.wake();
  }
  lost({ why }: Loss): void {
    this.why.push(why);
    this.wake();
  }
  gaveUp(why: string): void {
    this.why.push(why);
    this.wake();
  }
  async until(met: () => boolean): Promise<void> {
    while (!met()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

async function supervise(script: string, told: Told, env = process.env): Promise<Supervised> {
  const entry = join(folder.path, 'program.mjs');
  await writeFile(entry, script);
  const log = new ProcessLog(join(folder.path, 'program.log'), () => undefined);
  const begin = () => startNodeProcess({ entry, cwd: folder.path, env }, log);
  supervised = await Supervised.start(begin, told);
  return supervised;
}

beforeAll(async () => {
  folder = await temporaryFolder('supervised');
});
afterEach(() => supervised?.stop());
afterAll(() => folder.remove());

describe('a process that cannot be started', () => {
  it('is an error of its start, and of nothing else', async () => {
    const log = new ProcessLog(join(folder.path, 'program.log'), () => undefined);
    const program = { entry: 'program.mjs', cwd: join(folder.path, 'nowhere'), env: process.env };
    await expect(startNodeProcess(program, log)).rejects.toThrow('ENOENT');
  });
});

describe('a supervised process', () => {
  it('is started again after a kill', async () => {
    const told = new Told();
    await supervise('setInterval(() => {}, 1000);', told);
    process.kill(told.pids[0]!, 'SIGKILL');
    await told.until(() => told.pids.length === 2);
    expect(told.why).toEqual(['ended by SIGKILL']);
    expect(told.pids[1]).not.toBe(told.pids[0]);
  });

  it('has few arenas for its memory, or as many as it is told', async () => {
    const told = new Told();
    const script = `import { writeFileSync } from 'node:fs'; writeFileSync('arenas', process.env.MALLOC_ARENA_MAX); process.exit(78);`;
    for (const [env, arenas] of [
      [{}, '2'],
      [{ MALLOC_ARENA_MAX: '5' }, '5'],
    ] as const) {
      const seen = told.why.length;
      await supervise(script, told, { ...process.env, ...env });
      await told.until(() => told.why.length > seen);
      expect(await readFile(join(folder.path, 'arenas'), 'utf8')).toBe(arenas);
    }
  });

  it('is given up when its configuration is wrong', async () => {
    const told = new Told();
    await supervise('process.exit(78);', told);
    await told.until(() => told.why.length > 0);
    expect(told.why).toEqual(['its configuration is wrong']);
    expect(told.pids).toHaveLength(1);
  });

  it('is not started again once it is stopped', async () => {
    const told = new Told();
    const one = await supervise('setInterval(() => {}, 1000);', told);
    await one.stop();
    expect(told).toMatchObject({ pids: [expect.any(Number)], why: [] });
    expect(() => process.kill(told.pids[0]!, 0)).toThrow('ESRCH');
  });
});
