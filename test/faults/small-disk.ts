import { execFile } from 'node:child_process';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { StandaloneUnderTest } from '../e2e/standalone.harness.js';

const run = promisify(execFile);
const MIB = 2 ** 20;

/** Only root may make a disk; who is none is told that the specs of full disks are left out. */
export const canMakeDisks = process.getuid?.() === 0;
if (!canMakeDisks)
  process.stderr.write('SKIPPED: only root may make the small disks that the specs of full disks need\n');

/** A disk of its own under a folder of a standalone's home. */
export class SmallDisk {
  private constructor(
    private readonly path: string,
    private readonly mib: number,
  ) {}

  /** Puts it there with what the folder holds; the standalone is stopped for it and begun again. */
  static async under(standalone: StandaloneUnderTest, folder: string, mib: number): Promise<SmallDisk> {
    await standalone.stop();
    const path = join(standalone.home, folder);
    await rename(path, `${path}.before`);
    await run('mkdir', [path]);
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', path]);
    await run('cp', ['-a', `${path}.before/.`, path]);
    await standalone.begin();
    return new SmallDisk(path, mib);
  }

  /** Writes until nothing fits any more. */
  async fill(): Promise<void> {
    await writeFile(this.ballast, Buffer.alloc(this.mib * MIB)).catch(() => undefined);
  }

  /** Gives the room back. */
  async free(): Promise<void> {
    await rm(this.ballast);
  }

  /** Takes it away; whoever stands on it is stopped before. */
  async remove(): Promise<void> {
    await run('umount', [this.path]);
  }

  private get ballast(): string {
    return join(this.path, 'ballast');
  }
}
