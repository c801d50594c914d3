import { readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProcessLog } from './process-log.js';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder('process-log');
});
afterAll(() => folder.remove());

describe('the log of a process', () => {
  it('has its lines, and passes on what is notable', async () => {
    const notable: string[] = [];
    const path = join(folder.path, 'service.log');
    const log = new ProcessLog(path, ({ text }) => notable.push(text));
    for (const line of ['{"level":"info","msg":"started"}', 'Error: boom']) log.write(line);
    await log.close();
    expect(await readFile(path, 'utf8')).toBe('{"level":"info","msg":"started"}\nError: boom\n');
    expect(notable).toEqual(['Error: boom']);
  });

  it('goes on when its disk was full and has room again', async () => {
    const path = join(folder.path, 'full.log');
    await symlink('/dev/full', path);
    const log = new ProcessLog(path, () => undefined);
    log.write('lost');
    await rm(path);
    const written = async (): Promise<string> => {
      log.write('later');
      return readFile(path, 'utf8').catch(() => '');
    };
    await expect.poll(written, { timeout: 10_000 }).toContain('later\n');
    await log.close();
  });

  it('ends also while its disk is full', async () => {
    const log = new ProcessLog('/dev/full', () => undefined);
    log.write('lost');
    await log.close();
  });
});
