import { chmod, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Locked, readIfThere, replaceDurably, takeLock, type Release } from '@edgeflow/embedded';

/** What a file of the home holds. */
interface Kept<T> {
  /** What its text says. @throws when it is damaged */
  read(text: string): T | Promise<T>;
  /** What it holds at first. */
  make(): T | Promise<T>;
  text(held: T): string;
  /** What follows when it was damaged and is made anew, in words. */
  lost: string;
}

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
   * What a file of `keys/` holds, made and written where there is none. One that is empty, or that cannot be read, is put aside with a
   * warning, as if it had never been there: what is kept so can be made anew.
   */
  async keep<T>(name: string, { read, make, text, lost }: Kept<T>): Promise<T> {
    const path = this.in('keys', name);
    const kept = await readIfThere(path);
    try {
      if (kept !== undefined) return await read(kept);
    } catch {
      await rename(path, `${path}.damaged`);
      this.warn(`${path} was damaged and is made anew (the old one: ${path}.damaged): ${lost}`);
    }
    const made = await make();
    await replaceDurably(path, text(made));
    return made;
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
