import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDemo, type Ended } from './demo.harness.js';
import { imageOf } from './standalone.harness.js';

let folder: TemporaryFolder;

const demo = (...args: string[]): Promise<Ended> => runDemo(folder, ...args);

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
