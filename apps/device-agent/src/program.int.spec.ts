import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { takeLock } from '@edgeflow/configuration/lock-file';
import { identityOf } from '@edgeflow/configuration/process-table';
import { Connections, silentLog } from '@edgeflow/device-agent';
import { systemMachine } from '@edgeflow/runtime';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runAgent } from './program.js';
import { readSettings } from './settings.js';

const MAIN = join(import.meta.dirname, '..', 'dist', 'main.js');

let folder: TemporaryFolder;
let lock: string;
beforeEach(async () => {
  folder = await temporaryFolder('agent');
  lock = join(folder.path, 'agent.lock');
});
afterEach(() => folder.remove());

const origin = 'https://localhost:1';
const words = () => ['--origin', origin, '--dir', folder.path, '--device-id', 'dev_1', '--model', 'm1'];

/** Runs an agent without a claim token: where it has its directory it ends since it is not registered, with 77. */
function run() {
  const { status, stdout } = spawnSync(process.execPath, [MAIN, ...words()], { encoding: 'utf8' });
  return { status, lines: stdout.trim().split('\n') };
}

describe('an agent whose directory another process has', () => {
  it('says so in one line, leaves everything as it is, and ends', () => {
    const release = takeLock(lock);
    const { status, lines } = run();
    expect([status, lines.length]).toEqual([78, 1]);
    expect(JSON.parse(lines[0]!)).toMatchObject({ dir: folder.path, pid: process.pid });
    expect(existsSync(join(folder.path, 'slots'))).toBe(false);
    release();
    expect(run().status).toBe(77);
  });

  it('takes it over from one that was killed, and gives it back', async () => {
    const other = spawn('sleep', ['60']);
    await once(other, 'spawn');
    await writeFile(lock, JSON.stringify(identityOf(other.pid!)));
    expect(run().status).toBe(78);
    other.kill('SIGKILL');
    await once(other, 'exit');
    expect(run().status).toBe(77);
    expect(existsSync(lock)).toBe(false);
  });
});

describe('an agent that cannot lock its directory', () => {
  it('runs all the same, and says so', async () => {
    await mkdir(lock);
    const { status, lines } = run();
    expect(status).toBe(77);
    expect(lines[0]).toContain('the directory cannot be locked');
  });
});

describe('an agent that is told to stop while it waits for its directory', () => {
  it('ends, and never connects', async () => {
    await writeFile(
      join(folder.path, 'registration.json'),
      JSON.stringify({ origin, device_id: 'dev_1', org: 'acme' }),
    );
    const context = { ...systemMachine, connections: new Connections(), log: silentLog, signal: AbortSignal.abort() };
    expect(await runAgent(readSettings(words()), context)).toBe('stopped');
    expect(existsSync(lock)).toBe(false);
  });
});
