import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isAlive, type ProcessIdentity } from './process-table.js';

/** Somebody else holds the lock. */
export class Locked extends Error {
  override readonly name = 'Locked';

  constructor(
    readonly path: string,
    /** The pid of the holder. */
    readonly pid: number,
  ) {
    super(`${path} is held by process ${pid}`);
  }
}

/** Gives the lock back. */
export type Release = () => void;

/**
 * Takes a lock that dies with its holder: a file that names the process, put in place by link(2), which is atomic.
 * A holder that no longer runs, e.g. after a kill -9, is pushed aside.
 * @throws Locked when a living process holds it
 */
export function takeLock(path: string): Release {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identityOf(process.pid)), { mode: 0o600 });
  try {
    for (;;) {
      if (linked(mine, path)) return () => rmSync(path, { force: true });
      const holder = readHolder(path);
      if (holder && holder !== NOBODY && isAlive(holder)) throw new Locked(path, holder.pid);
      if (holder) pushAside(path, holder);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Runs `work` under the lock, waiting for the holder for up to `wait_ms`. @throws Locked when that was not enough */
export async function underLock<T>(path: string, wait_ms: number, work: () => Promise<T>): Promise<T> {
  const release = await waitForLock(path, Date.now() + wait_ms);
  try {
    return await work();
  } finally {
    release();
  }
}

async function waitForLock(path: string, until: number): Promise<Release> {
  for (;;) {
    try {
      return takeLock(path);
    } catch (error) {
      if (!(error instanceof Locked) || Date.now() > until) throw error;
      await sleep(250);
    }
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Nobody: no process has this number. */
const NOBODY: ProcessIdentity = { pid: 0, started: '' };

/** Who holds the lock; undefined when it was given back meanwhile. A file that names nobody, since a power cut took its text, is nobody's. */
function readHolder(path: string): ProcessIdentity | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { pid, started } = JSON.parse(text) as Partial<ProcessIdentity>;
    return typeof pid === 'number' && pid > 0 && typeof started === 'string' ? { pid, started } : NOBODY;
  } catch {
    return NOBODY;
  }
}

/** Removes the lock of a dead holder; what another process took in between is put back. */
function pushAside(path: string, dead: ProcessIdentity): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = readHolder(aside);
  if (taken && (taken.pid !== dead.pid || taken.started !== dead.started)) linked(aside, path);
  rmSync(aside, { force: true });
}
