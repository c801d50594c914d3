import { dirname } from 'node:path';
import type { DeviceFile, DeviceFiles } from '../disk/device-files.js';
import { afterKill, afterPowerCut, type Inode, type Name } from './crash.js';

/** How the device goes down: `kill` ends the program alone, `power` the machine with what it had not written. */
export type Crash = 'kill' | 'power';

/** An error of the file system, as Node throws them. */
class SystemError extends Error {
  constructor(readonly code: 'ENOENT' | DiskFault) {
    super(`${code}: simulated`);
  }
}

/** A call of the disk. */
export interface DiskCall {
  what:
    | 'open'
    | 'append'
    | 'truncate'
    | 'sync'
    | 'read'
    | 'rename'
    | 'remove'
    | 'make-directory'
    | 'sync-directory'
    | 'free';
  path: string;
}

/** How a call fails: the disk is broken, or full. */
export type DiskFault = 'EIO' | 'ENOSPC';

/** What goes wrong with a disk, and how long its calls take: a promise settles when the call is done. One that never does is a disk that hangs. */
export interface DiskFaults {
  call(call: DiskCall): Promise<DiskFault | undefined>;
}

/** A disk without a fault, which is done at once. */
const noDiskFaults: DiskFaults = { call: () => Promise.resolve(undefined) };

/**
 * A disk in memory that keeps what POSIX promises, and no more: bytes count once they are synced, names once their directory is. What is
 * not synced survives a power cut or does not, each name for itself, and the bytes in part or as zeros. It is harsher than any
 * journaling file system, so that what holds here holds there.
 */
export class MemoryFiles implements DeviceFiles {
  /** Calls so far, of any kind. */
  calls = 0;
  /** Bytes that fit; default: no end. */
  capacity = Infinity;
  private names = new Map<string, Name>([['/', { now: 'directory', kept: ['directory'] }]]);
  /** At which call it goes down, and how. */
  private plan: { at: number; crash: Crash } | undefined;
  private down = false;
  private onDown: () => void = () => undefined;

  /**
   * @param random uniform in [0, 1): what a crash leaves
   * @param faults default: none but the crash
   */
  constructor(
    private readonly random: () => number,
    private readonly faults = noDiskFaults,
  ) {}

  /** From now on the device goes down at the `after`th call. @returns settles when it has */
  crashAfter(after: number, crash: Crash): Promise<void> {
    this.plan = { at: this.calls + after, crash };
    return new Promise((resolve) => (this.onDown = resolve));
  }

  /** The device goes down now. */
  crash(crash: Crash): void {
    this.plan = { at: this.calls, crash };
    this.down = true;
    this.onDown();
  }

  /** The device is started again, on what is left. What the old program still does counts no more. */
  restart(): MemoryFiles {
    const next = new MemoryFiles(this.random, this.faults);
    next.names =
      this.plan && this.down && this.plan.crash === 'power'
        ? afterPowerCut(this.names, this.random)
        : afterKill(this.names);
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
    await this.step('open', path);
    this.mustBeDirectory(dirname(path));
    const found = this.names.get(path)?.now;
    const inode = typeof found === 'object' ? found : { now: Buffer.alloc(0), kept: Buffer.alloc(0) };
    if (inode !== found) this.set(path, inode);
    if (how === 'replace') inode.now = Buffer.alloc(0);
    return {
      size: inode.now.length,
      append: (bytes) => this.append(inode, bytes, path),
      truncate: async () => {
        await this.step('truncate', path);
        inode.now = Buffer.alloc(0);
      },
      sync: async () => {
        await this.step('sync', path);
        inode.kept = inode.now;
      },
      close: () => Promise.resolve(),
    };
  }

  async read(path: string): Promise<Buffer> {
    await this.step('read', path);
    return this.inodeOf(path).now;
  }

  async *stream(path: string): AsyncIterable<Buffer> {
    await this.step('read', path);
    yield this.inodeOf(path).now;
  }

  async rename(from: string, to: string): Promise<void> {
    await this.step('rename', from);
    const inode = this.inodeOf(from);
    this.mustBeDirectory(dirname(to));
    this.set(from, undefined);
    this.set(to, inode);
  }

  async remove(path: string): Promise<void> {
    await this.step('remove', path);
    for (const name of this.names.keys()) if (name === path || name.startsWith(`${path}/`)) this.set(name, undefined);
  }

  async makeDirectory(path: string): Promise<void> {
    await this.step('make-directory', path);
    if (path === '/') return;
    if (this.names.get(dirname(path))?.now !== 'directory') await this.makeDirectory(dirname(path));
    if (this.names.get(path)?.now !== 'directory') this.set(path, 'directory');
    await this.syncDirectory(dirname(path));
  }

  async syncDirectory(path: string): Promise<void> {
    await this.step('sync-directory', path);
    this.mustBeDirectory(path);
    for (const [name, entry] of this.names) if (dirname(name) === path) entry.kept = [entry.now];
  }

  async free(path: string): Promise<number> {
    await this.step('free', path);
    return this.capacity - this.used();
  }

  private used(): number {
    const inodes = new Set([...this.names.values()].map(({ now }) => now).filter((now) => typeof now === 'object'));
    return [...inodes].reduce((bytes, { now }) => bytes + now.length, 0);
  }

  private async append(inode: Inode, bytes: Uint8Array, path: string): Promise<void> {
    const isLast = this.plan !== undefined && this.calls + 1 >= this.plan.at;
    // A write that the crash comes into is done in part.
    if (isLast && !this.down) inode.now = Buffer.concat([inode.now, bytes.subarray(0, this.upTo(bytes.length))]);
    await this.step('append', path);
    const room = Math.max(0, this.capacity - this.used());
    inode.now = Buffer.concat([inode.now, bytes.subarray(0, room)]);
    if (room < bytes.length) throw new SystemError('ENOSPC');
  }

  /** One call; it fails from the crash on. */
  private async step(what: DiskCall['what'], path: string): Promise<void> {
    const fault = await this.faults.call({ what, path });
    this.calls += 1;
    if (!this.down && this.plan !== undefined && this.calls >= this.plan.at) {
      this.down = true;
      this.onDown();
    }
    if (this.down) throw new SystemError('EIO');
    if (fault) throw new SystemError(fault);
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
}
