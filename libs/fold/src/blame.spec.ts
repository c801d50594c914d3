import { describe, expect, it } from 'vitest';
import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { Blame } from './blame.js';

const refusedBy = (code: string): Error =>
  Object.assign(new Error('no'), { driverError: Object.assign(new Error('no'), { code }) });
const setAside = { events: [], unread: [{ unread: { why: 'set-aside' } } as UnreadEvent] };
const folded = { events: [{ position: 1 } as StoredEvent], unread: [] };

describe('what a database refuses by its set-up', () => {
  it.each(['42501', '42703', 'P0001', '55000', '58030'])(
    '%s is the event’s fault once, and then the database’s',
    (code) => {
      const blame = new Blame();
      expect(blame.isTheDatabases(refusedBy(code))).toBe(false);
      blame.committed(setAside);
      expect(blame.isTheDatabases(refusedBy(code))).toBe(true);
    },
  );

  it('is the event’s again when another one was folded in between, or the word is another', () => {
    const blame = new Blame();
    blame.isTheDatabases(refusedBy('P0001'));
    blame.committed(setAside);
    expect(blame.isTheDatabases(refusedBy('42501'))).toBe(false);
    blame.isTheDatabases(refusedBy('P0001'));
    blame.committed(folded);
    expect(blame.isTheDatabases(refusedBy('P0001'))).toBe(false);
  });

  it.each(['22P05', '23505', '54000'])('is never the database’s when it is about data: %s', (code) => {
    const blame = new Blame();
    blame.isTheDatabases(refusedBy(code));
    blame.committed(setAside);
    expect(blame.isTheDatabases(refusedBy(code))).toBe(false);
    expect(blame.isTheDatabases(new RangeError('Maximum call stack size exceeded'))).toBe(false);
  });
});
