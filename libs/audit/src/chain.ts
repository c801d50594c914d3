import { hash as digest } from 'node:crypto';
import type { AuditEntry } from './entry.js';

/** What stands before the first line of a trail. */
export const GENESIS = '0'.repeat(64);

/** A line of a trail in its place. */
export interface ChainedEntry extends AuditEntry {
  org: string;
  /** 1, 2, 3 … in each organization. */
  seq: number;
  /** Hex: the hash of the line before. */
  prev_hash: string;
  /** Hex: SHA-256 over all of the above. */
  hash: string;
}

/** The end of a trail. */
export interface Head {
  org: string;
  seq: number;
  hash: string;
}

export const emptyHead = (org: string): Head => ({ org, seq: 0, hash: GENESIS });

/** JSON with the members of objects in the order of their names (the form of RFC 8785, for values without fractions). */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** The hash of a line: SHA-256, hex, over the canonical JSON of all its members but `hash` itself. */
export function hashOf({ hash: _, ...line }: Omit<ChainedEntry, 'hash'> & { hash?: string }): string {
  return digest('sha256', canonicalJson(line));
}

/** Puts entries behind the end of a trail, in their order. Pure: the same log makes the same trail. */
export function chain(head: Head, entries: readonly AuditEntry[]): ChainedEntry[] {
  let { seq, hash: prev_hash } = head;
  return entries.map((entry) => {
    seq += 1;
    const line = { org: head.org, seq, ...entry, prev_hash };
    const hash = hashOf(line);
    prev_hash = hash;
    return { ...line, hash };
  });
}
