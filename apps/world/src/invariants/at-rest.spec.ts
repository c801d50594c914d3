import { describe, expect, it } from 'vitest';
import { areHeard, restFaults, type AtRest } from './at-rest.js';
import { LogStory } from './log-story.fixture.js';

const device: AtRest = { org: 'acme', device_id: 'dev_1', isGone: false, version: '1.0.0', said_failed: new Map() };
const heard = (): LogStory =>
  new LogStory().then('DeviceConnected', 'dev_1', {}).then('DeviceVersionReported', 'dev_1', { version: '1.0.0' });
const faults = (more: Partial<AtRest>, { events } = heard()): string[] =>
  restFaults([{ ...device, ...more }], events).map(({ what }) => what);

describe('what devices know', () => {
  it('is what the log has', () => {
    expect(faults({})).toEqual([]);
    expect(faults({ version: undefined }, new LogStory())).toEqual([]);
  });

  it('is not, where a device runs what nobody has heard of', () => {
    expect(faults({ version: 'v2.0' })).toEqual(['acme/dev_1 says v2.0, and the log has 1.0.0']);
    expect(faults({}, new LogStory())).toEqual(['acme/dev_1 says 1.0.0, and the log has undefined']);
    expect(faults({ version: 'v2.0' }, heard().then('DeviceRevoked', 'dev_1', {}))).toEqual([]);
    expect(faults({ version: 'v2.0', isSentAway: true })).toEqual([]);
  });

  it('is waited for, while the log has something else of a device that can still say it', () => {
    const areAllHeard = (more: Partial<AtRest>, { events } = heard(), wasCut = false): boolean =>
      areHeard([device, { ...device, ...more }], events, wasCut);
    expect(areAllHeard({})).toBe(true);
    expect(areAllHeard({ version: 'v2.0' })).toBe(false);
    expect(areAllHeard({ device_id: 'dev_2' })).toBe(false);
    expect(areAllHeard({ device_id: 'dev_2', isGone: true })).toBe(true);
    expect(areAllHeard({ device_id: 'dev_2' }, heard(), true)).toBe(true);
  });

  it('is not, where one that is gone for good is online', () => {
    expect(faults({ isGone: true })).toEqual(['acme/dev_1 is gone for good, and online']);
    expect(faults({ isGone: true, version: '2.0.0' }, heard().then('DeviceDisconnected', 'dev_1', {}))).toEqual([]);
  });

  it('is not, where a report of failure has to be made again and again', () => {
    expect(faults({ said_failed: new Map([['upd_1', 3]]) })).toEqual([]);
    expect(faults({ said_failed: new Map([['upd_1', 6]]) })).toEqual(['acme/dev_1 has said 6 times that upd_1 failed']);
  });
});
