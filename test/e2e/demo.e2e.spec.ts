import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf } from './standalone.harness.js';

const PROGRAM = fileURLToPath(new URL('../../apps/standalone/dist/main.js', import.meta.url));
let folder: TemporaryFolder;

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function demo(...args: string[]): Promise<Ended> {
  // A home that is kept goes with the folder. Under CI the console would be coloured without a terminal.
  const options = { cwd: folder.path, env: { ...process.env, NO_COLOR: '1', TMPDIR: folder.path } };
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, 'demo', ...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

beforeAll(async () => {
  folder = await temporaryFolder('demo');
});
afterAll(() => folder.remove());

describe('the demo', () => {
  it('updates the reference agent with a given image and shows the device record', async () => {
    const image = imageOf(2_000_000);
    const file = join(folder.path, 'firmware.bin');
    await writeFile(file, image.bytes);
    const { code, stdout, stderr } = await demo('--firmware', file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`sha256 ${image.sha256}`);
    expect((await readdir(folder.path)).filter((name) => name.startsWith('edgeflow-demo-'))).toEqual([]);
    const record: unknown = JSON.parse(stdout.slice(stdout.indexOf('\n{')));
    expect(record).toMatchObject({ ota_status: 'completed', current_version: '1.1.0', progress: 100 });
  });

  it('says in one line what is wrong with the image', async () => {
    const { code, stderr } = await demo('--firmware', 'missing.bin');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error cannot read the image: ENOENT.*missing\.bin'\n$/);
  });

  it('fails with the reason when the registry does not take the image', async () => {
    const file = join(folder.path, 'firmware.txt');
    await writeFile(file, 'no firmware');
    const { code, stdout, stderr } = await demo('--firmware', file);
    expect(code).toBe(1);
    expect(stderr).toMatch(/file-type-invalid/);
    expect(stdout).toContain('what was left behind');
    const home = /is in (\S+)/.exec(stdout)?.[1] ?? '';
    expect(await readdir(join(home, 'logs'))).toContain('firmware-registry.log');
  });
});
