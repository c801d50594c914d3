import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Locked, takeLock, type Release } from '@edgeflow/embedded';

/** `$EDGEFLOW_HOME`: everything that this installation keeps. */
export class Home {
  private constructor(
    readonly path: string,
    /** Lets another start have this home. */
    readonly release: Release,
  ) {}

  /** Opens a home, made when there is none. @throws Error of one line when another start uses it */
  static async open(path: string): Promise<Home> {
    await mkdir(path, { recursive: true });
    // Others may pass through but not look around: PostgreSQL has its own user when we are root.
    await chmod(path, 0o711);
    for (const folder of ['keys', 'tokens', 'device-claims', 'nats-users', 'logs']) {
      await mkdir(join(path, folder), { recursive: true, mode: 0o700 });
    }
    return new Home(path, lock(path));
  }

  /** The path of a file or folder in the home. */
  in(...names: readonly string[]): string {
    return join(this.path, ...names);
  }
}

function lock(path: string): Release {
  try {
    return takeLock(join(path, 'lock'));
  } catch (error) {
    if (!(error instanceof Locked)) throw error;
    throw new Error(
      `${path} is in use by process ${error.pid}: stop that one, or set EDGEFLOW_HOME to another folder`,
      {
        cause: error,
      },
    );
  }
}

/** The file's text, or undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaces a file in one step; only its owner may read it. */
export async function writePrivately(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
