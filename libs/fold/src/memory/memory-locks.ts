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

/** On a table, a row, or whatever else somebody names by it. */
export class Lock {
  readonly holders: { owner: LockOwner; mode: LockMode }[] = [];
  readonly queue: Waiting[] = [];

  /** @param over told when nobody holds it any more, or waits for it */
  constructor(readonly over?: () => void) {}
}

/*
 * Locks are held until their transaction ends. Who waits stands in line: nobody overtakes whom it would keep waiting.
 */

/**
 * Resolves when the lock is got; undefined when it is got at once.
 * @throws MemoryError 40P01 when those whom it would wait for wait for it
 */
export function take(owner: LockOwner, lock: Lock, mode: LockMode): Promise<void> | undefined {
  if (isFree(lock, owner, mode)) {
    hold(lock, owner, mode);
    return undefined;
  }
  const waiting: Waiting = { lock, owner, mode, got: Promise.withResolvers<void>() };
  owner.waits = waiting;
  lock.queue.push(waiting);
  if (reaches(blockersOf(waiting), owner, new Set())) giveUpWait(owner, new MemoryError('40P01', 'deadlock detected'));
  return waiting.got.promise;
}

/** Ends a wait without the lock. */
export function giveUpWait(owner: LockOwner, error: Error): void {
  const { waits } = owner;
  if (!waits) return;
  owner.waits = undefined;
  waits.lock.queue.splice(waits.lock.queue.indexOf(waits), 1);
  waits.got.reject(error);
  serve(waits.lock);
}

/** The transaction has ended. */
export function release(owner: LockOwner): void {
  if (owner.waits) giveUpWait(owner, new MemoryError('57P01', 'terminating connection'));
  for (const lock of owner.holds) {
    lock.holders.splice(
      lock.holders.findIndex((held) => held.owner === owner),
      1,
    );
    serve(lock);
  }
  owner.holds.clear();
}

function serve(lock: Lock): void {
  for (let next = lock.queue[0]; next; next = lock.queue[0]) {
    if (!goesWith(lock, next.owner, next.mode)) break;
    lock.queue.shift();
    next.owner.waits = undefined;
    hold(lock, next.owner, next.mode);
    next.got.resolve();
  }
  if (lock.holders.length === 0 && lock.queue.length === 0) lock.over?.();
}

function hold(lock: Lock, owner: LockOwner, mode: LockMode): void {
  const held = lock.holders.find((one) => one.owner === owner);
  if (!held) lock.holders.push({ owner, mode });
  else if (held.mode !== 'exclusive') held.mode = mode;
  owner.holds.add(lock);
}

/** Who holds it already need not stand in line for more. */
function isFree(lock: Lock, owner: LockOwner, mode: LockMode): boolean {
  const held = lock.holders.find((one) => one.owner === owner)?.mode;
  if (held === 'exclusive' || held === mode) return true;
  return (held !== undefined || lock.queue.length === 0) && goesWith(lock, owner, mode);
}

function goesWith({ holders }: Lock, owner: LockOwner, mode: LockMode): boolean {
  return holders.every((other) => other.owner === owner || (mode === 'share' && other.mode === 'share'));
}

/** Whom somebody waits for: who holds the lock, and who stands before it in line. */
function blockersOf({ lock, owner, mode }: Waiting): LockOwner[] {
  const holders = lock.holders.filter((held) => held.owner !== owner && !(mode === 'share' && held.mode === 'share'));
  const before = lock.queue.slice(
    0,
    lock.queue.findIndex((one) => one.owner === owner),
  );
  return [...holders.map((held) => held.owner), ...before.map((one) => one.owner)];
}

function reaches(blockers: readonly LockOwner[], owner: LockOwner, seen: Set<LockOwner>): boolean {
  return blockers.some((blocker) => {
    if (blocker === owner) return true;
    if (seen.has(blocker)) return false;
    seen.add(blocker);
    return blocker.waits !== undefined && reaches(blockersOf(blocker.waits), owner, seen);
  });
}
