import { chmod, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Locked, replaceDurably, takeLock, type Release } from '@edgeflow/embedded';

/** `$EDGEFLOW_HOME`: everything that this installation keeps. */
export class Home {
  private constructor(
    readonly path: string,
    /** Lets another start have this home. */
    readonly release: Release,
    private readonly warn: (text: string) => void,
  ) {}

  /**
   * Opens a home, made when there is none.
   * @param warn told of files that are damaged
   * @throws Error of one line when another start uses it
   */
  static async open(path: string, warn: (text: string) => void = () => undefined): Promise<Home> {
    await mkdir(path, { recursive: true });
    // Others may pass through but not look around: PostgreSQL has its own user when we are root.
    await chmod(path, 0o711);
    for (const folder of ['keys', 'tokens', 'device-claims', 'nats-users', 'logs']) {
      await mkdir(join(path, folder), { recursive: true, mode: 0o700 });
    }
    return new Home(path, lock(path), warn);
  }

  /** The path of a file or folder in the home. */
  in(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  /**
   * What is kept in a file, as `read` makes it of the text. One that is empty, or that `read` makes nothing of, is put aside with a warning,
   * as if it had never been there: of what is kept so everything can be made anew.
   * @param then what that means, in words
   * @returns undefined when there is no such file, or it is damaged
   */
  async kept<T>(path: string, read: (text: string) => T | Promise<T>, then: string): Promise<T | undefined> {
    const text = await readIfThere(path);
    if (text === undefined) return undefined;
    try {
      return await read(text);
    } catch {
      await rename(path, `${path}.damaged`);
      this.warn(`${path} was damaged and is made anew (the old one: ${path}.damaged): ${then}`);
      return undefined;
    }
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

/** Replaces a file in one step, also over a power cut; only its owner may read it. */
export function writePrivately(path: string, text: string): Promise<void> {
  return replaceDurably(path, text);
}
