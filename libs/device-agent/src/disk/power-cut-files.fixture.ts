import { dirname } from 'node:path';
import type { DeviceFile, DeviceFiles } from './device-files.js';

/** Uniform in [0, 1); the same for the same seed (mulberry32, T. Ettinger, public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How the device goes down: `kill` ends the program alone, `power` the machine with what it had not written. */
export type Crash = 'kill' | 'power';

class SystemError extends Error {
  constructor(readonly code: 'ENOENT' | 'ENOSPC' | 'EIO') {
    super(`${code}: simulated`);
  }
}

/** A file's bytes, however many names it has. */
interface Inode {
  now: Buffer;
  /** What is on the disk for sure. */
  kept: Buffer;
}

/** A name in a directory: what it means now, and everything it may mean after a power cut, oldest first. */
interface Name {
  now: Inode | 'directory' | undefined;
  kept: (Inode | 'directory' | undefined)[];
}

/**
 * A disk in memory that keeps what POSIX promises, and no more: bytes count once they are synced, names once their directory is. What is
 * not synced survives a power cut or does not, each name for itself, and the bytes in part or as zeros. It is harsher than any
 * journaling file system, so that what holds here holds there.
 */
export class PowerCutFiles implements DeviceFiles {
  /** Calls so far, of any kind. */
  calls = 0;
  /** Bytes that fit; default: no end. */
  capacity = Infinity;
  private names = new Map<string, Name>([['/', { now: 'directory', kept: ['directory'] }]]);
  /** At which call it goes down, and how. */
  private plan: { at: number; crash: Crash } | undefined;
  private down = false;
  private onDown: () => void = () => undefined;

  constructor(private readonly random: () => number) {}

  /** From now on the device goes down at the `after`th call. @returns settles when it has */
  crashAfter(after: number, crash: Crash): Promise<void> {
    this.plan = { at: this.calls + after, crash };
    return new Promise((resolve) => (this.onDown = resolve));
  }

  /** The device is started again, on what is left. What the old program still does counts no more. */
  restart(): PowerCutFiles {
    const next = new PowerCutFiles(this.random);
    next.names = this.plan && this.down && this.plan.crash === 'power' ? this.afterPowerCut() : copyOf(this.names);
    next.capacity = this.capacity;
    this.down = true;
    return next;
  }

  /** Bytes of a file, past all counting; undefined where there is none. */
  peek(path: string): Buffer | undefined {
    const { now } = this.names.get(path) ?? {};
    return typeof now === 'object' ? now.now : undefined;
  }

  /** True once the device has gone down. */
  get isDown(): boolean {
    return this.down;
  }

  /** Changes a byte of a file, as a worn flash does. */
  spoil(path: string): void {
    const inode = this.inodeOf(path);
    inode.now = Buffer.from(inode.now);
    inode.now[0] = (inode.now[0] ?? 0) ^ 1;
    inode.kept = inode.now;
  }

  async open(path: string, how: 'append' | 'replace'): Promise<DeviceFile> {
    await this.step();
    this.mustBeDirectory(dirname(path));
    const found = this.names.get(path)?.now;
    const inode = typeof found === 'object' ? found : { now: Buffer.alloc(0), kept: Buffer.alloc(0) };
    if (inode !== found) this.set(path, inode);
    if (how === 'replace') inode.now = Buffer.alloc(0);
    return {
      size: inode.now.length,
      append: (bytes) => this.append(inode, bytes),
      truncate: async () => {
        await this.step();
        inode.now = Buffer.alloc(0);
      },
      sync: async () => {
        await this.step();
        inode.kept = inode.now;
      },
      close: () => Promise.resolve(),
    };
  }

  async read(path: string): Promise<Buffer> {
    await this.step();
    return this.inodeOf(path).now;
  }

  async *stream(path: string): AsyncIterable<Buffer> {
    await this.step();
    yield this.inodeOf(path).now;
  }

  async rename(from: string, to: string): Promise<void> {
    await this.step();
    const inode = this.inodeOf(from);
    this.mustBeDirectory(dirname(to));
    this.set(from, undefined);
    this.set(to, inode);
  }

  async remove(path: string): Promise<void> {
    await this.step();
    for (const name of this.names.keys()) if (name === path || name.startsWith(`${path}/`)) this.set(name, undefined);
  }

  async makeDirectory(path: string): Promise<void> {
    await this.step();
    if (path === '/') return;
    if (this.names.get(dirname(path))?.now !== 'directory') await this.makeDirectory(dirname(path));
    if (this.names.get(path)?.now !== 'directory') this.set(path, 'directory');
    await this.syncDirectory(dirname(path));
  }

  async syncDirectory(path: string): Promise<void> {
    await this.step();
    this.mustBeDirectory(path);
    for (const [name, entry] of this.names) if (dirname(name) === path) entry.kept = [entry.now];
  }

  async free(): Promise<number> {
    await this.step();
    return this.capacity - this.used();
  }

  private used(): number {
    const inodes = new Set([...this.names.values()].map(({ now }) => now).filter((now) => typeof now === 'object'));
    return [...inodes].reduce((bytes, { now }) => bytes + now.length, 0);
  }

  private async append(inode: Inode, bytes: Uint8Array): Promise<void> {
    const isLast = this.plan !== undefined && this.calls + 1 >= this.plan.at;
    // A write that the crash comes into is done in part.
    if (isLast && !this.down) inode.now = Buffer.concat([inode.now, bytes.subarray(0, this.upTo(bytes.length))]);
    await this.step();
    const room = Math.max(0, this.capacity - this.used());
    inode.now = Buffer.concat([inode.now, bytes.subarray(0, room)]);
    if (room < bytes.length) throw new SystemError('ENOSPC');
  }

  /** One call; it fails from the crash on. */
  private async step(): Promise<void> {
    await Promise.resolve();
    this.calls += 1;
    if (!this.down && this.plan !== undefined && this.calls >= this.plan.at) {
      this.down = true;
      this.onDown();
    }
    if (this.down) throw new SystemError('EIO');
  }

  private set(path: string, now: Name['now']): void {
    const entry = this.names.get(path) ?? { now: undefined, kept: [undefined] };
    entry.now = now;
    entry.kept.push(now);
    this.names.set(path, entry);
  }

  private inodeOf(path: string): Inode {
    const { now } = this.names.get(path) ?? {};
    if (typeof now !== 'object') throw new SystemError('ENOENT');
    return now;
  }

  private mustBeDirectory(path: string): void {
    if (this.names.get(path)?.now !== 'directory') throw new SystemError('ENOENT');
  }

  private upTo(most: number): number {
    return Math.floor(this.random() * (most + 1));
  }

  private afterPowerCut(): Map<string, Name> {
    const after = new Map<string, Name>();
    const bytes = new Map<Inode, Inode>();
    // Parents come first, so that what is in a directory that was lost is lost with it.
    for (const [path, { kept }] of [...this.names].toSorted(([one], [other]) => one.length - other.length)) {
      const chosen = kept[this.upTo(kept.length - 1)];
      if (chosen === undefined || (path !== '/' && after.get(dirname(path))?.now !== 'directory')) continue;
      if (typeof chosen === 'object' && !bytes.has(chosen)) bytes.set(chosen, this.survivorOf(chosen));
      const now = typeof chosen === 'object' ? bytes.get(chosen) : chosen;
      after.set(path, { now, kept: [now] });
    }
    return after;
  }

  /** The bytes that were synced; beyond them some of the newer ones, of which some may be zeros. */
  private survivorOf({ now, kept }: Inode): Inode {
    const isAppended = now.length >= kept.length && now.subarray(0, kept.length).equals(kept);
    const from = isAppended ? kept.length : 0;
    const torn = Buffer.from(now.subarray(0, from + this.upTo(now.length - from)));
    if (this.random() < 0.3) torn.fill(0, from + this.upTo(torn.length - from));
    const left = isAppended || this.random() < 0.5 ? torn : Buffer.from(kept);
    return { now: left, kept: left };
  }
}

/** What a program that was killed leaves: all that it had done, synced or not. */
function copyOf(names: ReadonlyMap<string, Name>): Map<string, Name> {
  const bytes = new Map<Inode, Inode>();
  const copy = (inode: Name['now']): Name['now'] => {
    if (typeof inode !== 'object') return inode;
    const known = bytes.get(inode) ?? { ...inode };
    bytes.set(inode, known);
    return known;
  };
  return new Map([...names].map(([path, { now, kept }]) => [path, { now: copy(now), kept: kept.map(copy) }]));
}
