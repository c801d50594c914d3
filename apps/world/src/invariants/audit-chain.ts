import { hash } from 'node:crypto';
import type { StoredEvent } from '@edgeflow/contracts';

/** A line of an organization's audit trail, as it is served. */
export type ServedLine = Readonly<Record<string, unknown>> & {
  seq: number;
  position: number;
  prev_hash: string;
  hash: string;
};

const FIRST = '0'.repeat(64);

/**
 * What is wrong with a trail: a line that is missing, was changed or stands elsewhere, and an action of the log that it does not have. The hashes
 * are made anew here, from what docs/security.md says of them.
 * @param actions what stands on the log of the organization and must be in the trail, e.g. each ActionRecorded
 */
export function trailFaults(org: string, lines: readonly ServedLine[], actions: readonly StoredEvent[]): string[] {
  const faults: string[] = [];
  let prev = FIRST;
  for (const [index, line] of lines.entries()) {
    const said = `line ${line.seq} of ${org}`;
    if (line.seq !== index + 1) faults.push(`${said} stands at ${index + 1}`);
    if (line.prev_hash !== prev) faults.push(`${said} does not follow the line before it`);
    const { hash, ...rest } = line;
    if (sha256(sorted(rest)) !== hash) faults.push(`${said} is not what its hash says`);
    prev = hash;
  }
  const told = new Set(lines.map(({ position }) => position));
  const missing = actions.filter((event) => event.org === org && !told.has(event.position));
  return [...faults, ...missing.map(({ position, type }) => `${type} at ${position} is in no line of ${org}`)];
}

function sha256(text: string): string {
  return hash('sha256', text);
}

/** JSON with members in the order of their names. */
function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const texts = members
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${sorted(member)}`);
  return `{${texts.join(',')}}`;
}
