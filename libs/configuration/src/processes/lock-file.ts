import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Clock } from '@edgeflow/runtime';
import { bootId, identityOf, isAlive, type ProcessIdentity } from './process-table.js';

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
  writeFileSync(mine, JSON.stringify({ ...identityOf(process.pid), boot: bootId() }), { mode: 0o600 });
  try {
    for (;;) {
      if (linked(mine, path)) return () => rmSync(path, { force: true });
      const holder = readHolder(path);
      if (holder && holder !== NOBODY && isAlive(holder)) throw new Locked(path, holder.pid);
      if (holder) moveStaleLock(path, holder);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Runs `work` under the lock, waiting for the holder for up to `wait_ms`. @throws Locked when that was not enough */
export async function underLock<T>(path: string, wait_ms: number, work: () => Promise<T>, clock: Clock): Promise<T> {
  const release = await waitForLock(path, wait_ms, clock);
  try {
    return await work();
  } finally {
    release();
  }
}

/** Takes a lock, waiting for the holder for up to `wait_ms`. @throws Locked when that was not enough */
export async function waitForLock(path: string, wait_ms: number, clock: Clock): Promise<Release> {
  for (const until = clock.steady_ms() + wait_ms; ;) {
    try {
      return takeLock(path);
    } catch (error) {
      if (!(error instanceof Locked) || clock.steady_ms() > until) throw error;
      await clock.sleep(250);
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
    const { pid, started, boot } = JSON.parse(text) as Partial<ProcessIdentity & { boot: string }>;
    // A board may start the same program under the same pid, in the same tick, at every boot.
    if (boot !== undefined && boot !== bootId()) return NOBODY;
    return typeof pid === 'number' && pid > 0 && typeof started === 'string' ? { pid, started } : NOBODY;
  } catch {
    return NOBODY;
  }
}

/** Removes the lock of a dead holder; what another process took in between is put back. */
function moveStaleLock(path: string, dead: ProcessIdentity): void {
  const stale = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, stale);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = readHolder(stale);
  if (taken && (taken.pid !== dead.pid || taken.started !== dead.started)) linked(stale, path);
  rmSync(stale, { force: true });
}
