import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNatsServer } from './find-nats-server.js';

let folder: string;

/** A program that says it is a nats-server of this version. */
async function serverOf(version: string, ...path: string[]): Promise<string> {
  const dir = join(folder, ...path);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'nats-server'), `#!/bin/sh\necho "nats-server: v${version}"\n`, { mode: 0o755 });
  return dir;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeflow-find-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the search for a nats-server', () => {
  it('takes the one that NATS_SERVER_BIN names', async () => {
    const dir = await serverOf('2.12.7', 'stated');
    const bin = join(dir, 'nats-server');
    expect(await findNatsServer({ env: { NATS_SERVER_BIN: bin }, cache: folder })).toBe(bin);
  });

  it('refuses a named one that is too old, by its version', async () => {
    const dir = await serverOf('2.9.10', 'stated-old');
    const env = { NATS_SERVER_BIN: join(dir, 'nats-server') };
    await expect(findNatsServer({ env, cache: folder })).rejects.toThrow(
      /version 2\.9\.10; 2\.12\.7, 2\.14\.0 or newer is needed/,
    );
  });

  it('passes over an old one on PATH for a later one', async () => {
    const [old, good] = [await serverOf('2.12.6', 'path', 'old'), await serverOf('2.15.1', 'path', 'good')];
    const PATH = `${old}:${join(folder, 'missing')}:${good}`;
    expect(await findNatsServer({ env: { PATH }, cache: folder })).toBe(join(good, 'nats-server'));
  });

  it('takes the cached one when PATH has none', async () => {
    const cache = await serverOf('2.15.1', 'cache');
    expect(await findNatsServer({ env: { PATH: '' }, cache })).toBe(join(cache, 'nats-server'));
  });

  it('names the way out in one line when nothing can be fetched', async () => {
    const file = join(folder, 'no-folder');
    await writeFile(file, '');
    const search = findNatsServer({ env: { PATH: '' }, cache: join(file, 'cache') });
    await expect(search).rejects.toThrow(/^no nats-server of 2\.12\.7, .* on PATH.*set NATS_SERVER_BIN to one$/);
  });
});
