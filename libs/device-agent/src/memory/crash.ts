import { dirname } from 'node:path';

/** A file's bytes, however many names it has. */
export interface Inode {
  now: Buffer;
  /** What is on the disk for sure. */
  kept: Buffer;
}

/** A name in a directory: what it means now, and everything it may mean after a power cut, oldest first. */
export interface Name {
  now: Inode | 'directory' | undefined;
  kept: (Inode | 'directory' | undefined)[];
}

/** What is left when the power goes: of what was not synced some, each name for itself. @param random uniform in [0, 1) */
export function afterPowerCut(names: ReadonlyMap<string, Name>, random: () => number): Map<string, Name> {
  const upTo = (most: number): number => Math.floor(random() * (most + 1));
  const after = new Map<string, Name>();
  const bytes = new Map<Inode, Inode>();
  // Parents come first, so that what is in a directory that was lost is lost with it.
  for (const [path, { kept }] of [...names].toSorted(([one], [other]) => one.length - other.length)) {
    const chosen = kept[upTo(kept.length - 1)];
    if (chosen === undefined || (path !== '/' && after.get(dirname(path))?.now !== 'directory')) continue;
    if (typeof chosen === 'object' && !bytes.has(chosen)) bytes.set(chosen, survivorOf(chosen, random));
    const now = typeof chosen === 'object' ? bytes.get(chosen) : chosen;
    after.set(path, { now, kept: [now] });
  }
  return after;
}

/** The bytes that were synced; beyond them some of the newer ones, of which some may be zeros. */
function survivorOf({ now, kept }: Inode, random: () => number): Inode {
  const upTo = (most: number): number => Math.floor(random() * (most + 1));
  const isAppended = now.length >= kept.length && now.subarray(0, kept.length).equals(kept);
  const from = isAppended ? kept.length : 0;
  const torn = Buffer.from(now.subarray(0, from + upTo(now.length - from)));
  if (random() < 0.3) torn.fill(0, from + upTo(torn.length - from));
  const left = isAppended || random() < 0.5 ? torn : Buffer.from(kept);
  return { now: left, kept: left };
}

/** What a program that was killed leaves: all that it had done, synced or not. */
export function afterKill(names: ReadonlyMap<string, Name>): Map<string, Name> {
  const bytes = new Map<Inode, Inode>();
  const copy = (inode: Name['now']): Name['now'] => {
    if (typeof inode !== 'object') return inode;
    const known = bytes.get(inode) ?? { ...inode };
    bytes.set(inode, known);
    return known;
  };
  return new Map([...names].map(([path, { now, kept }]) => [path, { now: copy(now), kept: kept.map(copy) }]));
}
