import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import { arrival, completed, dispatched, ended, hello, play, prepared, says, sent, stream } from './session.fixture.js';

const [greeting, joined] = arrival;
/** What a device is sent that comes back to a stream with these ends. */
const toldOf = (...events: StoredEvent[]) => sent(play([greeting!, joined!, stream(...events)]).effects);
const cancel = { type: 'cancel', update_id: 'upd-1' };
const byDevice = (event: StoredEvent) => ({ ...event, data: { ...event.data, code: 'install-failed' } }) as StoredEvent;

describe('a device that comes back after its update has ended', () => {
  it.each(['UpdateCancelled', 'UpdateFailed'] as const)('is told to stop what ended without its word: %s', (type) => {
    expect(toldOf(ended(12, type))).toEqual([cancel]);
  });

  it('is told nothing of what it knows: that it is completed, or failed by its own word', () => {
    expect(toldOf(completed(12))).toEqual([]);
    expect(toldOf(byDevice(ended(12, 'UpdateFailed')))).toEqual([]);
    expect(toldOf(ended(12, 'UpdateCancelled'), completed(14, 'upd-2'))).toEqual([]);
  });

  it.each(['UpdateCancelled', 'UpdateFailed'] as const)(
    'is told nothing where the update was that of a device which had the id before, however it ended: %s',
    (type) => {
      const end = ended(12, type);
      const ofThatBefore = { ...end, data: { ...end.data, device_removed: true } } as StoredEvent;
      expect(toldOf(ofThatBefore)).toEqual([]);
    },
  );

  it('is told to stop the old one before it is offered the next', () => {
    const next = dispatched(14, { update_id: 'upd-2' });
    expect(toldOf(ended(12, 'UpdateCancelled'), next)).toEqual([cancel]);
    const { effects } = play([greeting!, joined!, stream(ended(12, 'UpdateCancelled'), next), prepared(14)]);
    expect(sent(effects)).toMatchObject([{ type: 'update', update_id: 'upd-2' }]);
  });
});

describe('a device that comes up on what it was told to give up', () => {
  const next = dispatched(14, { update_id: 'upd-2', version: '3.0.0', abandoned_version: '2.0.0' });
  const open = [greeting!, joined!, stream(next), prepared(14)];
  const kindsOf = (version: string) => play([...open, says({ ...hello, version, boot_id: 'boot-2' })]).effects;

  it('is offered the next one again', () => {
    expect(kindsOf('2.0.0')).toMatchObject([
      { type: 'report-version', proves: false },
      { type: 'prepare', for: 'offer' },
    ]);
  });

  it('is done with the next one by any other version', () => {
    for (const version of ['3.0.0', '4.0.0'])
      expect(kindsOf(version)).toMatchObject([{ type: 'report-version', proves: true }]);
  });
});
