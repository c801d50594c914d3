import { describe, expect, it } from 'vitest';
import { Attempts } from './attempts.js';
import { CompletedRuns } from './completed-runs.js';
import { Deadlines } from './deadlines.js';
import { FailureReports } from './failure-reports.js';
import { LogStory } from './log-story.fixture.js';
import { ToldAtOnce } from './told-at-once.js';
import { UpdateEnds } from './update-ends.js';
import { LogVolume } from './volume.js';

const name = { update_id: 'upd_1', version: '2.0.0' };

const atOnce = { ...name, number: 1, accepted: { when_offline: 'reject' as const } };

describe('an update that waited for nothing is told to a device that is there', () => {
  const online = (): LogStory => new LogStory(new ToldAtOnce()).then('DeviceConnected', 'dev_1', { session_id: 's1' });
  const passes = (log: LogStory, events: number): LogStory => {
    for (let n = 0; n < events; n++) log.then('FirmwareRevoked', 'fw_1', {});
    return log;
  };

  it('holds for one that is there, that has just left, or that was told of what had waited', () => {
    expect(passes(online(), 100).then('UpdateDispatched', 'dev_1', atOnce).ends()).toEqual([]);
    const left = online().then('DeviceDisconnected', 'dev_1', { session_id: 's1' });
    expect(left.then('UpdateDispatched', 'dev_1', atOnce).ends()).toEqual([]);
    expect(new LogStory(new ToldAtOnce()).then('UpdateDispatched', 'dev_1', name).ends()).toEqual([]);
    const again = online().then('DeviceConnected', 'dev_1', { session_id: 's2' });
    passes(again.then('DeviceDisconnected', 'dev_1', { session_id: 's1' }), 100);
    expect(again.then('UpdateDispatched', 'dev_1', atOnce).ends()).toEqual([]);
  });

  it('is broken by one that left a while ago, that was taken out of service, or that never came', () => {
    const left = online().then('DeviceDisconnected', 'dev_1', { session_id: 's1' });
    expect(passes(left, 100).then('UpdateDispatched', 'dev_1', atOnce).ends()).toHaveLength(1);
    const removed = passes(online().then('DeviceRemoved', 'dev_1', {}), 100);
    expect(removed.then('UpdateDispatched', 'dev_1', atOnce).ends()).toHaveLength(1);
    expect(new LogStory(new ToldAtOnce()).then('UpdateDispatched', 'dev_1', atOnce).ends()).toHaveLength(1);
  });
});

describe('one end of each update, one open update of a device', () => {
  const story = (): LogStory => new LogStory(new UpdateEnds()).queues('dev_1', 'upd_1');

  it('holds for an update that is told, put off, told again and completed, and for one that counts no more then', () => {
    const told = story().then('UpdateDispatched', 'dev_1', name).then('UpdatePostponed', 'dev_1', name);
    told.then('UpdateDispatched', 'dev_1', name).then('UpdateCompleted', 'dev_1', name);
    told.then('UpdateSkipped', 'dev_1', { update_id: 'upd_1', code: 'superseded' });
    told.then('UpdateRejected', 'dev_1', { update_id: 'upd_none', code: 'firmware-unknown' });
    expect(told.queues('dev_1', 'upd_2').ends()).toEqual([]);
  });

  it('holds where somebody has a rollout try once more with whom it could not tell, and is broken where nobody has', () => {
    const of = { update_id: 'upd_1', rollout_id: 'rol_1' };
    const refused = (retried: string) => {
      const log = new LogStory(new UpdateEnds()).then('UpdateRejected', 'dev_1', { ...of, code: 'firmware-unknown' });
      log.then('RolloutRetried', retried, {}).then('UpdateSkipped', 'dev_1', { ...of, code: 'device-revoked' });
      return log.then('RolloutRetried', retried, {}).queues('dev_1', 'upd_1', { rollout_id: 'rol_1' }).ends();
    };
    expect(refused('rol_1')).toEqual([]);
    expect(refused('rol_2')).toHaveLength(2);
  });

  it('is broken where an update that had begun ends again, also after a rollout was to try once more', () => {
    const log = new LogStory(new UpdateEnds()).queues('dev_1', 'upd_1', { rollout_id: 'rol_1' });
    const skipped = { update_id: 'upd_1', rollout_id: 'rol_1', code: 'device-revoked' };
    log.then('UpdateSkipped', 'dev_1', skipped).then('RolloutRetried', 'rol_1', {});
    expect(log.then('UpdateSkipped', 'dev_1', skipped).ends()).toHaveLength(1);
  });

  it('holds where a device that a rollback had left where it was runs again what that was to take back', () => {
    const left = (rollback?: true) => {
      const log = new LogStory(new UpdateEnds())
        .queues('dev_1', 'upd_2')
        .then('UpdateSkipped', 'dev_1', { update_id: 'upd_2' });
      return log.then('UpdateReverted', 'dev_1', { update_id: 'upd_2', ...(rollback && { rollback }) }).ends();
    };
    expect(left(true)).toEqual([]);
    expect(left()).toHaveLength(1);
  });

  it('holds for one that is accepted and told at once, and is broken where another one is open then', () => {
    const told = new LogStory(new UpdateEnds()).then('UpdateDispatched', 'dev_1', atOnce);
    expect(told.then('UpdateCompleted', 'dev_1', name).ends()).toEqual([]);
    const second = { ...atOnce, update_id: 'upd_2', number: 2 };
    expect(story().then('UpdateDispatched', 'dev_1', second).ends()).toHaveLength(1);
    expect(
      story()
        .then('UpdateDispatched', 'dev_1', { ...name, update_id: 'upd_2' })
        .ends(),
    ).toHaveLength(1);
  });

  it('is broken by a second end', () => {
    const twice = story().then('UpdateCompleted', 'dev_1', name).then('UpdateFailed', 'dev_1', name);
    expect(twice.ends()).toEqual([
      'one end of each update, one open update of a device: position 3: UpdateFailed of acme/update/dev_1: acme/upd_1 had ended by UpdateCompleted',
    ]);
  });

  it.each([
    ['a second open update', (log: LogStory) => log.queues('dev_1', 'upd_2'), 'begins while acme/upd_1 is open'],
    [
      'a number that was used',
      (log: LogStory) => log.then('UpdateFailed', 'dev_1', name).queues('dev_1', 'upd_2', { number: 1 }),
      'is number 1 after 1',
    ],
    [
      'an offer of what is over',
      (log: LogStory) => log.then('UpdateFailed', 'dev_1', name).then('UpdateDispatched', 'dev_1', name),
      'is not open',
    ],
    [
      'a second offer that nobody has put off',
      (log: LogStory) => log.then('UpdateDispatched', 'dev_1', name).then('UpdateDispatched', 'dev_1', name),
      'is told once more',
    ],
    [
      'a success that is taken back and was none',
      (log: LogStory) => log.then('UpdateFailed', 'dev_1', name).then('UpdateReverted', 'dev_1', name),
      'taken back after UpdateFailed',
    ],
    [
      'an end that nothing has begun',
      (log: LogStory) => log.then('UpdateFailed', 'dev_1', { update_id: 'upd_7' }),
      'acme/upd_7 is not open',
    ],
  ])('is broken by %s', (_, happens, said) => {
    expect(happens(story()).ends()).toEqual([expect.stringContaining(said)]);
  });
});

describe('every report of failure ends its update', () => {
  const told = (): LogStory =>
    new LogStory(new FailureReports()).queues('dev_1', 'upd_1').then('UpdateDispatched', 'dev_1', name);
  const failed = { update_id: 'upd_1', outcome: 'failed', code: 'unspecified', message: 'oh' } as const;

  it('holds where the update ends, and for a report about another one', () => {
    const ended = told().then('DeviceUpdateReported', 'dev_1', failed).then('UpdateFailed', 'dev_1', name);
    expect(ended.ends()).toEqual([]);
    expect(
      told()
        .then('DeviceUpdateReported', 'dev_1', { ...failed, update_id: 'upd_0' })
        .ends(),
    ).toEqual([]);
  });

  it('is broken by an update that only its deadline ends', () => {
    const waits = told().then('DeviceUpdateReported', 'dev_1', failed);
    for (let second = 0; second < 90; second += 1) waits.then('DeviceRevoked', 'dev_2', {});
    const late = waits.then('UpdateFailed', 'dev_1', { ...name, code: 'deadline-exceeded' });
    expect(late.ends()).toEqual([expect.stringContaining('acme/upd_1 ends by its deadline, though position 3')]);
  });

  it('is broken by an update that stays open, whether it is said by itself or with a version', () => {
    const open = [expect.stringContaining('acme/upd_1 is open')];
    expect(told().then('DeviceUpdateReported', 'dev_1', failed).ends()).toEqual(open);
    expect(told().then('DeviceVersionReported', 'dev_1', { version: '1.0.0', failed }).ends()).toEqual(open);
  });
});

describe('no device is told more often than the limit', () => {
  const of = { rollout_id: 'rol_1', wave: 0 };
  const tries = (times: number, log: LogStory): LogStory => {
    for (let n = 1; n <= times; n += 1) {
      const update_id = `upd_${log.events.length}`;
      log.queues('dev_1', update_id, of).then('UpdateFailed', 'dev_1', { ...of, update_id });
    }
    return log;
  };
  const story = (): LogStory => new LogStory(new Attempts()).accepts('rol_1', { retry: { attempts: 2, backoff_s: 0 } });

  it('holds for as many tries as there may be, and for as many again after a retry', () => {
    expect(tries(3, tries(3, story()).then('RolloutRetried', 'rol_1', {})).ends()).toEqual([]);
  });

  it('is broken by one more', () => {
    expect(tries(4, story()).ends()).toEqual([
      expect.stringContaining('is try 4 of rol_1 (forward), and 3 are allowed'),
    ]);
  });

  it('is broken by a device that falls back for ever', () => {
    const log = new LogStory(new Attempts()).queues('dev_1', 'upd_1');
    log.then('UpdateDispatched', 'dev_1', { ...name, from_version: '1.0.0' });
    const boots = (n: number): void => {
      for (let boot = 0; boot < n; boot += 1)
        log.then('DeviceVersionReported', 'dev_1', { version: '1.0.0', boot_id: `boot_${boot}` });
    };
    boots(10);
    expect(log.ends()).toEqual([]);
    boots(11);
    expect(log.ends()).toEqual([expect.stringContaining('acme/dev_1 came back 11 times')]);
  });

  it('is broken by one that falls back without a word until its deadline ends that', () => {
    const boots = (n: number, between = (log: LogStory): LogStory => log): LogStory => {
      const log = new LogStory(new Attempts()).queues('dev_1', 'upd_1');
      log.then('UpdateDispatched', 'dev_1', { ...name, from_version: '1.0.0' });
      for (let boot = 0; boot < n; boot += 1)
        between(log).then('DeviceVersionReported', 'dev_1', { version: '1.0.0', boot_id: `boot_${boot}` });
      return log.then('UpdateFailed', 'dev_1', { ...name, code: 'deadline-exceeded' });
    };
    expect(boots(5).ends()).toEqual([expect.stringContaining('acme/dev_1 came back 5 times without a word')]);
    expect(boots(4).ends()).toEqual([]);
    expect(boots(9, (log) => log.then('DeviceProgressReported', 'dev_1', {})).ends()).toEqual([]);
  });
});

describe('completed means that it runs it', () => {
  const story = (): LogStory =>
    new LogStory(new CompletedRuns())
      .then('DeviceVersionReported', 'dev_1', { version: '1.0.0' })
      .queues('dev_1', 'upd_1');
  const says = (log: LogStory, version: string, more = {}): LogStory =>
    log.then('DeviceVersionReported', 'dev_1', { version, ...more });

  it('holds for who said so, and for who has reverted and is said to', () => {
    const ran = says(story(), '2.0.0').then('UpdateCompleted', 'dev_1', name);
    expect(ran.ends()).toEqual([]);
    expect(
      says(ran, '1.0.0')
        .then('UpdateReverted', 'dev_1', { ...name, runs: '1.0.0' })
        .ends(),
    ).toEqual([]);
  });

  it('is broken by a success of who never said so, or may still take it back', () => {
    const said = (words: string) => [expect.stringContaining(`its device has said ${words}`)];
    expect(says(story().then('UpdateCompleted', 'dev_1', name), '2.0.0').ends()).toEqual(said('1.0.0'));
    const tried = says(story(), '2.0.0', { confirmed: false }).then('UpdateCompleted', 'dev_1', name);
    expect(tried.ends()).toEqual(said('2.0.0, not for good'));
  });

  it('holds for who is removed before its success is decided on, until it is registered anew', () => {
    const removed = says(story(), '2.0.0').then('DeviceRemoved', 'dev_1', {});
    expect(removed.then('UpdateCompleted', 'dev_1', name).ends()).toEqual([]);
    const anew = says(removed.then('DeviceRegistered', 'dev_1', {}).queues('dev_1', 'upd_2'), '2.0.0');
    expect(says(anew.then('UpdateCompleted', 'dev_1', name), '1.0.0').ends()).toHaveLength(1);
  });

  it('is broken by who does not run it any more, and nothing says so', () => {
    const gone = says(says(story(), '2.0.0').then('UpdateCompleted', 'dev_1', name), '1.0.0');
    expect(gone.ends()).toEqual([expect.stringContaining('completed upd_1 to 2.0.0, runs 1.0.0')]);
  });
});

describe('every update has an end', () => {
  it('holds until its deadline, and is broken after it', () => {
    const story = (): LogStory => new LogStory(new Deadlines(60_000)).queues('dev_1', 'upd_1');
    expect(story().ends(1)).toEqual([]);
    expect(story().ends(2)).toEqual([expect.stringContaining('was to end by 2026-03-01T01:00:00.000Z')]);
    expect(story().then('UpdateFailed', 'dev_1', name).ends(2)).toEqual([]);
  });
});

describe('the log of a device is bounded', () => {
  it('holds for so many events a day, and is broken by more', () => {
    const limits = { events_per_day: 5, bytes_per_day: 10_000, events_per_update: 1 };
    const log = new LogStory(new LogVolume(limits)).queues('dev_1', 'upd_1');
    const progress = (n: number): void => {
      for (let i = 0; i < n; i += 1) log.then('DeviceProgressReported', 'dev_1', { update_id: 'upd_1' });
    };
    progress(5);
    expect(log.ends()).toEqual([]);
    progress(1);
    expect(log.ends(25)).toEqual([]);
    expect(log.ends()).toEqual([expect.stringContaining('acme/dev_1 has 7 events')]);
  });

  it('is broken by large ones', () => {
    const limits = { events_per_day: 5, bytes_per_day: 100, events_per_update: 1 };
    const log = new LogStory(new LogVolume(limits));
    log.then('DeviceUpdateReported', 'dev_1', { message: 'x'.repeat(200) });
    expect(log.ends()).toEqual([expect.stringMatching(/has \d+ bytes .*; 100 are enough/)]);
  });
});
