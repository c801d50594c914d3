import { describe, expect, it } from 'vitest';
import { Refused, type RolloutSpec } from '@edgeflow/contracts';
import { parseSpec } from './check-spec.js';
import { specWith } from './story.fixture.js';

const window = { cron: '0 2 * * *', duration_s: 3_600, time_zone: 'Europe/Berlin' };

/** What is refused, in words. */
function refusalOf(value: unknown): string {
  try {
    parseSpec(value);
  } catch (error) {
    if (error instanceof Refused && error.code === 'invalid-request') return error.detail;
    throw error;
  }
  return 'it was taken';
}

const withMember = (change: object) => ({ ...specWith(), ...change });

const staged = (...waves: object[]) => ({ type: 'staged', waves });

describe('a request for a rollout', () => {
  it('is taken with everything that it may have', () => {
    const full: RolloutSpec = {
      version: '2.0.0-rc.1',
      target: { filter: { model: 'm1', fleet: 'north', tags: ['lab'], version: '>=1.0.0 <2.0.0', online: true } },
      strategy: {
        ...{ type: 'canary', percent: 5, soak_s: 3_600, success_percent: 98 },
        then: { type: 'rolling', batch_percent: 20, pause_between_s: 60 },
      },
      failure: { percent: 2, min_finished: 50, per: 'rollout', action: 'rollback' },
      ...{ membership: 'continuous', approval: 'every_wave', start_at: '2026-03-01T02:00:00+01:00', window },
      limits: { max_in_flight: 100, max_per_minute: 60 },
      retry: { attempts: 3, backoff_s: 60 },
      ...{ deadline_s: 3_600, deadlines: { downloading_s: 600 }, force: true, priority: 10 },
    };
    expect(parseSpec(full)).toEqual(full);
  });

  it.each<[string, RolloutSpec['strategy']]>([
    ['all at once', { type: 'all_at_once' }],
    ['rolling', { type: 'rolling', batch_size: 1 }],
    ['rolling in percent', { type: 'rolling', batch_percent: 0.01 }],
    ['canary', { type: 'canary', count: 1 }],
    ['canary, then all', { type: 'canary', percent: 100, then: { type: 'all_at_once' } }],
    ['staged, to the last', { type: 'staged', waves: [33.33, 33.33, 33.34].map((percent) => ({ percent })) }],
    ['staged', { type: 'staged', waves: [{ percent: 1, soak_s: 60, success_percent: 100 }, { count: 5 }] }],
  ])('is taken with the strategy %s', (_name, strategy) => {
    expect(parseSpec(specWith({ strategy }))).toEqual(specWith({ strategy }));
  });

  it('may come with members that are not its own when they are named', () => {
    expect(parseSpec(withMember({ reason: 'why' }), ['reason'])).toEqual(specWith());
    expect(refusalOf(withMember({ reason: 'why' }))).toContain('no member reason');
  });

  it.each<[string, object, string]>([
    ['no version', { version: undefined }, 'version'],
    ['a version that is none', { version: 'latest' }, 'version'],
    ['no target', { target: undefined }, 'target'],
    ['an empty target', { target: {} }, 'target must have exactly one of fleet, devices, filter'],
    ['two targets', { target: { fleet: 'north', devices: ['a'] } }, 'target must have exactly one of'],
    ['no devices', { target: { devices: [] } }, 'target.devices'],
    ['a device twice', { target: { devices: ['a', 'a'] } }, 'target.devices'],
    ['a device that is no id', { target: { devices: ['a/b'] } }, 'target.devices'],
    ['an empty filter', { target: { filter: {} } }, 'target.filter must name at least one member'],
    [
      'a filter for no version',
      { target: { filter: { version: 'new ones' } } },
      'target.filter.version must be a semver range',
    ],
    ['a filter for the version of nobody', { target: { filter: { version: '' } } }, 'version must not be empty'],
    ['a filter for a blank', { target: { filter: { model: 'm1', version: ' ' } } }, 'version must not be empty'],
    ['a filter for one or none', { target: { filter: { version: '1.0.0 || ' } } }, 'version must not be empty'],
    ['a filter for nothing above', { target: { filter: { version: '>=' } } }, 'must be a semver range'],
    ['the fleet of nobody', { target: { fleet: '' } }, 'target.fleet'],
    ['a filter for the fleet of nobody', { target: { filter: { fleet: '' } } }, 'target.filter.fleet'],
    ['a filter for the model of nobody', { target: { filter: { model: '' } } }, 'target.filter.model'],
    ['a filter for no tags', { target: { filter: { tags: [] } } }, 'target.filter.tags'],
    ['a filter for an empty tag', { target: { filter: { tags: [''] } } }, 'target.filter.tags'],
    ['a filter with null', { target: { filter: { model: 'm1', fleet: null } } }, 'filter.fleet must not be null'],
    ['a window of null', { window: null }, 'window must not be null'],
    ['no strategy', { strategy: undefined }, 'strategy'],
    ['an unknown strategy', { strategy: { type: 'yolo' } }, 'strategy.type'],
    ['an unknown failure action', { failure: { percent: 1, action: 'shrug' } }, 'failure.action'],
    ['a gate without a threshold', { failure: { action: 'pause' } }, 'failure must have exactly one of percent, count'],
    ['a gate with two thresholds', { failure: { percent: 1, count: 1 } }, 'failure must have exactly one of'],
    ['a gate above 100 %', { failure: { percent: 100.1 } }, 'failure.percent'],
    ['a gate below 0 %', { failure: { percent: -1 } }, 'failure.percent'],
    ['a gate of no finished device', { failure: { percent: 1, min_finished: 0 } }, 'failure.min_finished'],
    ['an unknown membership', { membership: 'sometimes' }, 'membership'],
    ['an unknown approval', { approval: 'never' }, 'approval'],
    ['a start that is no time', { start_at: 'tomorrow' }, 'start_at'],
    ['a start without a time zone', { start_at: '2026-03-01T02:00:00' }, 'start_at'],
    ['a start at 25 o’clock', { start_at: '2026-03-01T25:00:00Z' }, 'start_at must be a time that exists'],
    ['a start in month 13', { start_at: '2026-13-01T00:00:00Z' }, 'start_at must be a time that exists'],
    ['a window of six fields', { window: { ...window, cron: '0 0 2 * * *' } }, 'cron must have five fields'],
    ['a window by nickname', { window: { ...window, cron: '@daily' } }, 'cron must have five fields'],
    ['a window at minute 61', { window: { ...window, cron: '61 2 * * *' } }, 'window cannot be read: Invalid value'],
    ['a window that never opens', { window: { ...window, cron: '0 0 30 2 *' } }, 'window never opens'],
    ['a window in no time zone', { window: { ...window, time_zone: '' } }, 'time_zone must be an IANA name'],
    ['a window on Mars', { window: { ...window, time_zone: 'Mars/Olympus' } }, 'as Europe/Berlin'],
    ['a window of no time', { window: { ...window, duration_s: 0 } }, 'window.duration_s'],
    ['nobody in flight', { limits: { max_in_flight: 0 } }, 'limits.max_in_flight'],
    ['half a device a minute', { limits: { max_per_minute: 0.5 } }, 'limits.max_per_minute'],
    ['11 further tries', { retry: { attempts: 11, backoff_s: 1 } }, 'retry.attempts'],
    ['a retry without its pause', { retry: { attempts: 1 } }, 'retry'],
    ['a deadline of no time', { deadline_s: 0 }, 'deadline_s'],
    ['a phase of no time', { deadlines: { rebooting_s: 0 } }, 'deadlines.rebooting_s'],
    ['a priority above 1000', { priority: 1001 }, 'priority'],
    ['force in words', { force: 'yes' }, 'force'],
  ])('is refused with %s', (_name, change, words) => {
    expect(refusalOf(JSON.parse(JSON.stringify(withMember(change))))).toContain(words);
  });

  it.each<[string, object, string]>([
    ['in the request', { max_inflight: 5 }, 'no member max_inflight'],
    ['in the request, nearly', { startat: 'x' }, 'has no member startat (did you mean start_at?)'],
    [
      'in the limits, nearly',
      { limits: { max_inflight: 5 } },
      'has no member max_inflight (did you mean max_in_flight?)',
    ],
    ['in the target', { target: { fleet: 'north', fleets: ['south'] } }, 'no member fleets'],
    ['in the filter', { target: { filter: { model: 'm1', tag: 'lab' } } }, 'no member tag'],
    ['in the strategy', { strategy: { type: 'canary', count: 1, soak: 5 } }, 'no member soak'],
    [
      'in what follows a canary',
      { strategy: { type: 'canary', count: 1, then: { type: 'all_at_once', x: 1 } } },
      'no member x',
    ],
    ['in a stage', { strategy: { type: 'staged', waves: [{ count: 1, soak: 5 }] } }, 'no member soak'],
    ['in the gate', { failure: { percent: 1, per_wave: true } }, 'no member per_wave'],
    ['in the limits', { limits: { max: 1 } }, 'no member max'],
    ['in the window', { window: { ...window, tz: 'UTC' } }, 'no member tz'],
  ])('is refused with a member %s that nobody knows', (_name, change, words) => {
    expect(refusalOf(withMember(change))).toContain(words);
  });

  it.each<[string, object, string]>([
    ['a batch', { type: 'all_at_once', batch_size: 1 }, 'strategy.batch_size is no member of all_at_once'],
    ['a soak', { type: 'rolling', batch_size: 1, soak_s: 1 }, 'strategy.soak_s is no member of rolling'],
    ['a pause', { type: 'canary', count: 1, pause_between_s: 1 }, 'strategy.pause_between_s is no member of canary'],
    ['a share', { type: 'staged', percent: 1, waves: [{ count: 1 }] }, 'strategy.percent is no member of staged'],
    ['stages', { type: 'canary', count: 1, waves: [{ count: 1 }] }, 'strategy.waves is no member of canary'],
    ['two batches', { type: 'rolling', batch_size: 1, batch_percent: 1 }, 'exactly one of batch_size, batch_percent'],
    ['no batch', { type: 'rolling' }, 'exactly one of batch_size, batch_percent'],
    ['no canary', { type: 'canary' }, 'exactly one of percent, count'],
    ['no stages', { type: 'staged' }, 'exactly one of waves'],
    ['an empty list of stages', { type: 'staged', waves: [] }, 'strategy.waves'],
    [
      'a stage without a size',
      { type: 'staged', waves: [{ count: 1 }, {}] },
      'strategy.waves.1 must have exactly one of',
    ],
    ['stages of 120 %', staged({ percent: 60 }, { percent: 60 }), 'not have more than 100 percent in all, and has 120'],
    ['stages that count upwards', staged({ percent: 1 }, { percent: 10 }, { percent: 100 }), 'has 111'],
    ['120 % and a number', staged({ percent: 60 }, { count: 5 }, { percent: 60 }), 'has 120'],
    ['a stage behind all', staged({ percent: 50 }, { percent: 50 }, { count: 5 }), 'waves.2 would have no devices'],
    [
      'a canary after a canary',
      { type: 'canary', count: 1, then: { type: 'canary', count: 1 } },
      'strategy.then.type must be',
    ],
    [
      'batches without a size after a canary',
      { type: 'canary', count: 1, then: { type: 'rolling' } },
      'strategy.then must have',
    ],
    [
      'a third step',
      { type: 'canary', count: 1, then: { type: 'all_at_once', then: { type: 'all_at_once' } } },
      'strategy.then.then is no member',
    ],
    ['a canary of 0 %', { type: 'canary', percent: 0 }, 'strategy.percent'],
    ['a canary of 101 %', { type: 'canary', percent: 101 }, 'strategy.percent'],
    ['half a device', { type: 'rolling', batch_size: 0.5 }, 'strategy.batch_size'],
    ['a success of 101 %', { type: 'canary', count: 1, success_percent: 101 }, 'strategy.success_percent'],
    ['a soak of two months', { type: 'canary', count: 1, soak_s: 5_184_000 }, 'strategy.soak_s'],
  ])('is refused with a strategy that has %s', (_name, strategy, words) => {
    expect(refusalOf(withMember({ strategy }))).toContain(words);
  });

  it.each([null, [], 'all', 7])('is refused as %j', (value) => {
    expect(refusalOf(value)).not.toBe('it was taken');
  });
});
