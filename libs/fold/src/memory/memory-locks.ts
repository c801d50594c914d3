import { MemoryError } from './memory-error.js';

/** Shared locks go together; an exclusive one with none. */
export type LockMode = 'share' | 'exclusive';

/** A transaction that holds locks or waits for one. */
export interface LockOwner {
  /** What it waits for, if it does. */
  waits: Waiting | undefined;
  readonly holds: Set<Lock>;
}

export interface Waiting {
  lock: Lock;
  owner: LockOwner;
  mode: LockMode;
  got: PromiseWithResolvers<void>;
}

export interface Lock {
  resource: string;
  holders: Map<LockOwner, LockMode>;
  queue: Waiting[];
}

/** Locks on rows and tables, each until its transaction ends. Who waits stands in line: nobody overtakes whom it would keep waiting. */
export class Locks {
  private readonly locks = new Map<string, Lock>();

  /**
   * Resolves when the lock is got; undefined when it is got at once.
   * @throws MemoryError 40P01 when those whom it would wait for wait for it
   */
  take(owner: LockOwner, resource: string, mode: LockMode): Promise<void> | undefined {
    const lock = this.lockOn(resource);
    if (isFree(lock, owner, mode)) {
      hold(lock, owner, mode);
      return undefined;
    }
    const waiting: Waiting = { lock, owner, mode, got: Promise.withResolvers<void>() };
    owner.waits = waiting;
    lock.queue.push(waiting);
    if (reaches(blockersOf(waiting), owner, new Set())) {
      this.giveUpWait(owner, new MemoryError('40P01', 'deadlock detected'));
    }
    return waiting.got.promise;
  }

  /** Ends a wait without the lock. */
  giveUpWait(owner: LockOwner, error: Error): void {
    const { waits } = owner;
    if (!waits) return;
    owner.waits = undefined;
    waits.lock.queue.splice(waits.lock.queue.indexOf(waits), 1);
    waits.got.reject(error);
    this.serve(waits.lock);
  }

  /** The transaction has ended. */
  release(owner: LockOwner): void {
    if (owner.waits) this.giveUpWait(owner, new MemoryError('57P01', 'terminating connection'));
    const held = [...owner.holds];
    owner.holds.clear();
    for (const lock of held) {
      lock.holders.delete(owner);
      this.serve(lock);
    }
  }

  private serve(lock: Lock): void {
    for (let next = lock.queue[0]; next; next = lock.queue[0]) {
      if (!goesWith(lock, next.owner, next.mode)) break;
      lock.queue.shift();
      next.owner.waits = undefined;
      hold(lock, next.owner, next.mode);
      next.got.resolve();
    }
    if (lock.holders.size === 0 && lock.queue.length === 0) this.locks.delete(lock.resource);
  }

  private lockOn(resource: string): Lock {
    const found = this.locks.get(resource);
    if (found) return found;
    const lock: Lock = { resource, holders: new Map(), queue: [] };
    this.locks.set(resource, lock);
    return lock;
  }
}

function hold(lock: Lock, owner: LockOwner, mode: LockMode): void {
  if (lock.holders.get(owner) !== 'exclusive') lock.holders.set(owner, mode);
  owner.holds.add(lock);
}

/** Who holds it already need not stand in line for more. */
function isFree(lock: Lock, owner: LockOwner, mode: LockMode): boolean {
  const held = lock.holders.get(owner);
  if (held === 'exclusive' || held === mode) return true;
  return (held !== undefined || lock.queue.length === 0) && goesWith(lock, owner, mode);
}

function goesWith({ holders }: Lock, owner: LockOwner, mode: LockMode): boolean {
  return [...holders].every(([other, held]) => other === owner || (mode === 'share' && held === 'share'));
}

/** Whom somebody waits for: who holds the lock, and who stands before it in line. */
function blockersOf({ lock, owner, mode }: Waiting): LockOwner[] {
  const holders = [...lock.holders].filter(
    ([other, held]) => other !== owner && !(mode === 'share' && held === 'share'),
  );
  const before = lock.queue.slice(
    0,
    lock.queue.findIndex((one) => one.owner === owner),
  );
  return [...holders.map(([other]) => other), ...before.map((one) => one.owner)];
}

function reaches(blockers: readonly LockOwner[], owner: LockOwner, seen: Set<LockOwner>): boolean {
  return blockers.some((blocker) => {
    if (blocker === owner) return true;
    if (seen.has(blocker)) return false;
    seen.add(blocker);
    return blocker.waits !== undefined && reaches(blockersOf(blocker.waits), owner, seen);
  });
}
