import { readFileSync } from 'node:fs';
import { eventClasses, metaOf, type EventName, type StoredEvent } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { GENESIS, canonicalJson, chain, emptyHead, type ChainedEntry } from './chain.js';
import { entryOf, type AuditEntry } from './entry.js';
import { LogComparison, TrailCheck } from './verify.js';

const fixtures = new URL('../../contracts/fixtures/', import.meta.url);
const NAMES = Object.keys(eventClasses) as EventName[];

/** The catalogue's example of an event, as it is stored. */
function stored(type: EventName, data?: object, position = 1): StoredEvent {
  const { entity, version } = metaOf(eventClasses[type]);
  const example: unknown = JSON.parse(readFileSync(new URL(`${type}.v${version}.json`, fixtures), 'utf8'));
  const about = { org: 'acme', entity, entity_id: 'x', id: `evt_${position}`, source: '/team', correlation_id: 'c' };
  return { ...about, time: '2026-01-01T00:00:00.000Z', type, data: data ?? example, position } as StoredEvent;
}

describe('an entry', () => {
  it('of a request over HTTP says who, what, from where, why and how it ended', () => {
    expect(entryOf(stored('ActionRecorded'))).toMatchObject({
      ...{ actor_kind: 'member', actor: 'ann', roles: ['publisher'], action: 'POST /registry/v1/firmware' },
      ...{ outcome: 'denied', status: 403, code: 'forbidden', ip: '127.0.0.1', reason: 'release', suppressed: 3 },
    });
  });

  it('of a request by event names who it says it is, and who wrote it', () => {
    const event = stored('RolloutPauseRequested', { rollout_id: 'r', requested_by: 'bob', reason: 'smoke' });
    expect(entryOf(event)).toMatchObject({ actor_kind: 'stated', actor: 'bob', source: '/team', reason: 'smoke' });
    expect(entryOf(stored('UpdateRequested', { device_id: 'd', version: '1.0.0' }))).toMatchObject({ actor: '/team' });
    expect(entryOf(stored('RolloutRequested', {}))).toMatchObject({ actor: '/team', action: 'RolloutRequested' });
  });

  it('of what nobody asked for names the service that did it, and why', () => {
    const data = { rollout_id: 'r', cause: 'operator', reason: 'the log has lost devices of its plan' };
    const event = { ...stored('RolloutAborted', data), source: '/rollout-orchestrator' };
    expect(entryOf(event)).toMatchObject({
      ...{ actor: '/rollout-orchestrator', action: 'RolloutAborted', reason: data.reason, outcome: 'succeeded' },
    });
  });

  it.each(NAMES)('is made of %s or not, and holds nothing that is undefined', (type) => {
    const entry = entryOf(stored(type));
    if (entry) expect(Object.values(entry)).not.toContain(undefined);
    if (/^Device(Connected|ProgressReported)|^Update(Queued|Completed)/.test(type)) expect(entry).toBeUndefined();
  });

  it('holds nothing that a database would change', () => {
    const event = stored('DeviceRevoked', { device_id: 'd', revoked_by: 'a\u0000b', reason: 'half \ud800' });
    expect(entryOf(event)).toMatchObject({ actor: 'a\ufffdb', reason: 'half \ufffd' });
  });
});

const entries = Array.from({ length: 6 }, (_, n) => entryOf(stored('ActionRecorded', undefined, n + 1)) as AuditEntry);
const trail = chain(emptyHead('acme'), entries);

/** What a check says of a trail. */
function check(lines: readonly ChainedEntry[], kept = trail.at(-1)) {
  const one = new TrailCheck('acme');
  for (const line of lines) one.line(line);
  if (kept) one.compareEnd(kept);
  return one.findings;
}

function compare(lines: readonly ChainedEntry[], log: readonly ChainedEntry[] = trail) {
  const comparison = new LogComparison();
  for (const line of lines) comparison.fromTrail(line);
  for (const line of log) comparison.fromLog(line);
  comparison.end();
  return comparison.findings;
}

describe('a trail', () => {
  it('hangs together, whether it was made at once or bit by bit', () => {
    const [first, second] = trail;
    expect(first).toMatchObject({ seq: 1, prev_hash: GENESIS });
    expect(second?.prev_hash).toBe(first?.hash);
    expect(chain(trail[2] as ChainedEntry, entries.slice(3))).toEqual(trail.slice(3));
    expect(check(trail)).toEqual([]);
    expect(compare(trail)).toEqual([]);
  });

  it('shows each line that was altered', () => {
    const altered = trail.with(2, { ...(trail[2] as ChainedEntry), actor: 'nobody' });
    expect(check(altered)).toEqual([{ problem: 'altered', seq: 3 }]);
    expect(compare(altered)).toEqual([{ problem: 'not-in-log', seq: 3 }]);
  });

  it('shows lines that are missing, in the middle and at its end', () => {
    expect(check(trail.toSpliced(1, 2))).toEqual([{ problem: 'missing', from: 2, to: 3 }]);
    expect(check(trail.slice(0, 4))).toEqual([{ problem: 'missing', from: 5, to: 6 }]);
    expect(compare(trail.slice(0, 5))).toEqual([{ problem: 'not-in-trail', position: 6 }]);
  });

  it('shows lines that were exchanged', () => {
    const [a, b, c, d] = trail as [ChainedEntry, ChainedEntry, ChainedEntry, ChainedEntry];
    const swapped = [a, { ...c, seq: 2 }, { ...b, seq: 3 }, d];
    expect(check(swapped, undefined).map(({ problem }) => problem)).toContain('altered');
  });

  it('that was written anew from a line on is found by the end that was kept, and by the log', () => {
    const forged = entries.map((entry, n) => (n === 3 ? { ...entry, actor: 'nobody' } : entry));
    const rewritten = chain(emptyHead('acme'), forged);
    expect(check(rewritten, rewritten.at(-1))).toEqual([]);
    expect(check(rewritten)).toEqual([{ problem: 'wrong-end', seq: 6, expected: 6 }]);
    expect(compare(rewritten)).toEqual([{ problem: 'not-in-log', seq: 4 }]);
  });

  it('is the same whatever order members have', () =>
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}'));
});
