import { describe, expect, it } from 'vitest';
import { isDue } from './device-update.decider.js';
import { lastGood } from './order.js';
import {
  connected,
  decisionOn,
  dispatchedUpdate,
  firmware,
  laneOf,
  reached,
  registered,
  requested,
  runs,
} from './story.fixture.js';

describe('a device that comes back with a version that it neither ran nor was told', () => {
  it.each(['1.5.0', 'v2.0.0', '2.0', '2.0.0.1', 'factory-2019-07'])('%s has failed its update', (version) => {
    const { events, update_id } = dispatchedUpdate();
    for (const said of [[], [reached(update_id, 'downloading')], [reached(update_id, 'rebooting')]]) {
      expect(decisionOn([...events, ...said, runs(version, 'boot_2')])?.facts[0]).toMatchObject({
        type: 'UpdateFailed',
        data: { code: 'unexpected-version', detail: expect.stringContaining(version) as string },
      });
    }
  });

  it('that it ran all along goes on', () => {
    const events = [registered(), connected(), runs('factory-2019-07', 'boot_1'), requested()];
    const { facts } = decisionOn(events)!;
    expect(facts[0]).toMatchObject({ type: 'UpdateQueued', data: { from_version: 'factory-2019-07' } });
    const { events: told } = dispatchedUpdate();
    expect(decisionOn([...told, runs('1.0.0', 'boot_2')])).toBeUndefined();
  });

  it('before it was told has not failed', () => {
    // The dispatch was decided on before the newest version was known, and that is said again.
    const { events } = dispatchedUpdate();
    const flashed = runs('1.5.0', 'boot_2');
    const again = runs('1.5.0', 'boot_2');
    expect(decisionOn([...events.slice(0, -1), flashed, events.at(-1)!, again])).toBeUndefined();
  });
});

describe('a device that reboots again and again over an update', () => {
  const boots = (n: number, from = 2) => Array.from({ length: n }, (_, i) => runs('1.0.0', `boot_${from + i}`));

  it('without a word has failed it at the third time', () => {
    const { events } = dispatchedUpdate();
    expect(decisionOn([...events, ...boots(2)])).toBeUndefined();
    expect(isDue(laneOf([...events, ...boots(2)]))).toBe(false);
    expect(decisionOn([...events, ...boots(3)])?.facts[0]).toMatchObject({
      type: 'UpdateFailed',
      data: { code: 'reboot-loop' },
    });
  });

  it('with words in between goes on', () => {
    const { events, update_id } = dispatchedUpdate();
    const story = [...events, ...boots(2), reached(update_id, 'downloading'), ...boots(2, 4)];
    expect(decisionOn(story)).toBeUndefined();
  });

  it('is counted by boots, not by tunnels', () => {
    const { events } = dispatchedUpdate();
    const same = Array.from({ length: 5 }, () => runs('1.0.0', 'boot_2'));
    expect(decisionOn([...events, ...same])).toBeUndefined();
  });
});

describe('a device whose version is no semantic one', () => {
  const device = (version: string) => [registered(), connected(), runs(version, 'boot_1'), requested()];

  it('is not known to be new enough', () => {
    const picky = { ...firmware, min_version: '1.0.0' };
    const codeFor = (version: string) => decisionOn(device(version), [picky])?.facts[0]?.data;
    expect(codeFor('factory-2019-07')).toMatchObject({ code: 'min-version-not-met' });
    expect(codeFor('1.0')).toMatchObject({ code: 'min-version-not-met' });
    expect(codeFor('v1.2.0')).not.toHaveProperty('code');
  });

  it('goes back to the last firmware that it ran', () => {
    const lane = laneOf([registered(), connected(), runs('1.0.0', 'boot_1'), runs('factory-2019-07', 'boot_2')]);
    expect(lastGood(lane)).toBe('1.0.0');
    expect(lane.good).toEqual(['1.0.0']);
  });
});
