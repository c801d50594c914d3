import type { Decider, StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { deadline, reported, revoked } from '../events.fixture.js';
import { foldAll } from './load.js';

const at = (event: object, position: number): StoredEvent => ({ ...event, position }) as StoredEvent;
const unread = (position: number): UnreadEvent => ({
  ...{ org: 'acme', entity: 'device', entity_id: 'd', type: 'DeviceRevoked', subject: '', position, id: '', time: '' },
  unread: { why: 'set-aside', code: 'event-invalid', reason: 'version 2 is not known' },
});
const names: Pick<Decider<readonly string[], never, never, StoredEvent['type']>, 'initial' | 'evolve'> = {
  initial: [],
  evolve: (before, { type }) => [...before, type],
};
const events = [at(reported('d', 'e_3'), 3), unread(2), at(revoked('d', 'e_1'), 1), at(deadline('d', 'e_4'), 4)];

describe('the state that events fold to', () => {
  it('is made in the order of the log, from what can be read', () => {
    expect(foldAll(names, events)).toEqual(['DeviceRevoked', 'DeviceProgressReported', 'DeadlineReached']);
  });

  it('counts what cannot be read as the decider says', () => {
    const pass = (before: readonly string[]) => [...before, '?'];
    expect(foldAll({ ...names, pass }, events)).toEqual([
      ...['DeviceRevoked', '?', 'DeviceProgressReported', 'DeadlineReached'],
    ]);
  });

  it('passes over what the decider does not take', () => {
    expect(foldAll({ ...names, takes: ['DeviceRevoked'] }, events)).toEqual(['DeviceRevoked']);
  });

  it('goes on from the one before', () =>
    expect(foldAll(names, events.slice(3), ['x'])).toEqual(['x', 'DeadlineReached']));
});
