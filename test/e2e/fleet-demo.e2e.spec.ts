import { readdir } from 'node:fs/promises';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDemo, type Ended } from './demo.harness.js';

let folder: TemporaryFolder;

const demo = (...args: string[]): Promise<Ended> => runDemo(folder, ...args);

/** The resource, which is written as JSON between other lines. */
function resourceIn(stdout: string): unknown {
  return JSON.parse(stdout.slice(stdout.indexOf('\n{'), stdout.indexOf('\n}\n') + 2));
}

beforeAll(async () => {
  folder = await temporaryFolder('fleet-demo');
});
afterAll(() => folder.remove());

describe('the demo of a fleet', () => {
  it('rolls a good image out: canary, gate, soak, the rest', async () => {
    const { code, stdout, stderr } = await demo('--devices', '30', '--strategy', 'canary');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const told of [
      /✓ plan \(dry run\) +canary, 30 devices, left out: none/,
      /wave 0: running, /,
      /gate of wave 0 passed: 11 of 11 succeeded \(100 %\), threshold 95 %/,
      /waits for the soak of wave 0, \d s left/,
      /wave 1: completed, 100 %, 9 of 9 succeeded/,
      /canary, 1\.1\.0 to 30 devices: completed/,
      /✓ the rollout is completed: 30 of 30 succeeded, 0 failed/,
      /✓ 30 of 30 devices run 1\.1\.0/,
    ]) {
      expect(stdout).toMatch(told);
    }
    expect(resourceIn(stdout)).toMatchObject({ state: 'completed', succeeded: 30, failed: 0, rollback: null });
    expect((await readdir(folder.path)).filter((name) => name.startsWith('edgeflow-demo-'))).toEqual([]);
  });

  it('holds a bad image at the canary and brings every device back that was told', async () => {
    const { code, stdout, stderr } = await demo('--bad-image', '--devices', '30');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const told of [
      /gate of wave 0 rolls back: \d+ of \d+ failed \(.+ %\), threshold 20 %/,
      /canary, 1\.1\.0 to 30 devices: rolling back/,
      /wave 1: 9 devices cancelled/,
      /back 0: /,
      /canary, 1\.1\.0 to 30 devices: rolled back/,
      /\d+ rolled-back: /,
      /The rollout is rolled back: \d+ of \d+ in wave 0 failed/,
      /✓ the rollout is rolled back, by gate/,
      /✓ 11 of 11 devices that were told run 1\.0\.0, \d+ of them brought back/,
      /✓ 19 of 19 devices outside of wave 0 were never told/,
    ]) {
      expect(stdout).toMatch(told);
    }
    expect(resourceIn(stdout)).toMatchObject({ state: 'rolled_back', rollback: { cause: 'gate', unavailable: {} } });
  });

  it('shows canaries that take their new version back in the soak, and a fleet that is not told', async () => {
    const { code, stdout, stderr } = await demo('--revert', '--devices', '30');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const told of [
      /the soak of wave 0/,
      /wave 0: (soaking|completed), .*, \d+ failed \(\d+ went back by (itself|themselves)\)/,
      /gate of wave 0 passed: 11 of 11 succeeded/,
      /gate of wave 0 rolls back: \d+ of 11 succeeded \(.+ %\), threshold 95 %/,
      /\d+ reverted: The device had completed the update to 1\.1\.0 and runs 1\.0\.0; nobody told it to\./,
      /✓ the rollout is rolled back, by gate/,
      /✓ 11 of 11 devices that were told run 1\.0\.0, \d+ of them brought back/,
      /✓ 19 of 19 devices outside of wave 0 were never told/,
    ]) {
      expect(stdout).toMatch(told);
    }
  });

  it.each([
    [['--devices', 'many'], 'error --devices must be a whole number from 1 to 10000\n'],
    [['--strategy', 'blue_green'], 'error --strategy must be one of all_at_once, rolling, canary, staged\n'],
  ])('says in one line what is wrong with %j', async (args, line) => {
    expect(await demo(...args)).toEqual({ code: 1, stdout: '', stderr: line });
  });
});
