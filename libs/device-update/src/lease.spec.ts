import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import {
  connected,
  decisionOn,
  disconnected,
  stateOf,
  on,
  reached,
  registered,
  requested,
  runs,
  stored,
  withDecision,
} from './story.fixture.js';

const renewed = (boot_id: string): StoredEvent =>
  stored('DeviceConnected', {
    ...on('ses_2'),
    model: 'm1',
    version: '1.0.0',
    boot_id,
    renewal: 1,
  });

/** A device whose newest boot the log keeps only for the time of a lease, and what the log has of it when that is over. */
const beginning = [registered(), connected(), runs('1.0.0', 'boot_1')];
const presence = [disconnected(), connected('ses_2'), runs('1.0.0', 'boot_2')];
const lease = renewed('boot_2');

describe('a device whose older leases have run out', () => {
  it('is the same to a decision as before', () => {
    const before = stateOf([...beginning, ...presence, lease]);
    const after = stateOf([...beginning, lease]);
    expect(after).toEqual(before);
    const asked = requested();
    const [short, long] = [
      [...beginning, lease, asked],
      [...beginning, ...presence, lease, asked],
    ].map((events) => decisionOn(events));
    short!.then(long!.facts());
    expect(short!.grounds()).toEqual(long!.grounds());
  });

  it('is on the way to its version in the boot in which it was told, whatever the log still knows of that', () => {
    const told = withDecision([...beginning, ...presence, lease, requested()]);
    const { update } = stateOf(told);
    if (update.status !== 'dispatched') throw new Error('the story starts wrong');
    const { update_id } = update.plan;
    const since = [reached(update_id, 'installing'), runs('1.0.0', 'boot_2')];
    const forgotten = told.filter((event) => !presence.includes(event) && event !== lease);
    for (const story of [told, forgotten]) {
      expect(stateOf([...story, ...since]).update.status).toBe('dispatched');
      expect(stateOf([...story, ...since, runs('1.0.0', 'boot_3')]).update).toMatchObject({
        status: 'ending',
        ending: { code: 'came-back-on-old-version' },
      });
    }
  });
});
