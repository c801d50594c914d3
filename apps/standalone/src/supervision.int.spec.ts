import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Console } from './console/console.js';
import { Home } from './home/home.js';
import { Supervision } from './supervision.js';

let folder: TemporaryFolder;
let supervision: Supervision;

beforeAll(async () => {
  folder = await temporaryFolder('supervision');
  const home = await Home.open(join(folder.path, 'home'));
  supervision = new Supervision(home, new Console(new Writable({ write: (_, __, done) => done() })));
});
afterAll(async () => {
  await supervision.stop();
  await folder.remove();
});

/** Keeps a program that is to say that it is ready. @returns the pids of its processes */
async function keep(script: string, ready_ms: number): Promise<number[]> {
  const entry = join(folder.path, 'program.mjs');
  await writeFile(entry, script);
  const pids: number[] = [];
  const program = { entry, cwd: folder.path, env: process.env, ready_ms };
  await supervision
    .keepProgram({ name: 'program', url: '' }, program, ({ pid }) => pids.push(pid))
    .catch((error) => {
      expect(() => process.kill(pids[0]!, 0)).toThrow('ESRCH');
      throw error;
    });
  return pids;
}

describe('a program that is to say that it is ready', () => {
  it('runs once it has said so', async () => {
    const [pid] = await keep('process.send("ready"); process.on("message", () => {});', 60_000);
    expect(supervision.members()).toEqual([{ name: 'program', url: '', pid }]);
  });

  it.each([
    ['says nothing in time', 'process.on("message", () => {});', 100, 'program was not ready after 0.1 s'],
    ['ends before', '', 60_000, 'program ended while it started'],
  ])('is not left behind when it %s', async (_, script, ready_ms, said) => {
    await expect(keep(script, ready_ms)).rejects.toThrow(said);
  });
});
