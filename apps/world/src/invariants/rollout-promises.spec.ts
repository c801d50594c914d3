import { describe, expect, it } from 'vitest';
import type { GateDecision } from '@edgeflow/contracts';
import { Gates } from './gates.js';
import { LaterWish } from './later-wish.js';
import { LogStory } from './log-story.fixture.js';
import { Organizations } from './organizations.js';
import { countFaults } from './resource-counts.js';
import { RolledBack } from './rolled-back.js';
import { RolloutNumbers } from './rollout-numbers.js';

const forward = { stage: 'forward' as const };
const canary = { strategy: { type: 'canary', count: 1 } };
const gateOf = (more: Partial<GateDecision>): GateDecision => ({
  ...{ gate: 'success', passed: true, per: 'wave', wave: 0, finished: 2, succeeded: 2, failed: 0, percent: 100 },
  ...more,
});

describe('the later wish wins', () => {
  const [older, newer] = [{ rollout_id: 'rol_1' }, { rollout_id: 'rol_2', version: '3.0.0' }];
  const story = (priority = 0): LogStory =>
    new LogStory(new LaterWish()).accepts('rol_1', {}).accepts('rol_2', { version: '3.0.0', priority });

  it('holds where the later one follows the older one, or was rolled back, or somebody took the device on', () => {
    expect(story().queues('dev_1', 'upd_1', older).queues('dev_1', 'upd_2', newer).ends()).toEqual([]);
    const back = story().queues('dev_1', 'upd_1', newer).then('RollbackTriggered', 'rol_2', {});
    expect(back.queues('dev_1', 'upd_2', older).ends()).toEqual([]);
    const byHand = story().queues('dev_1', 'upd_1', newer).queues('dev_1', 'upd_2');
    expect(byHand.queues('dev_1', 'upd_3', older).ends()).toEqual([]);
  });

  it('is broken by an older one that takes the device back', () => {
    const taken = story().queues('dev_1', 'upd_1', newer).queues('dev_1', 'upd_2', older);
    expect(taken.ends()).toEqual([expect.stringContaining('upd_2 takes it back to 2.0.0 for rol_1, after rol_2')]);
  });

  it.each([
    ['failed', 'aborted', true],
    ['failed', 'still open', false],
    ['completed', 'aborted', false],
  ])('of a device that has %s in the later one, which is %s: free for the older one is %s', (how, what, isFree) => {
    const log = story().queues('dev_1', 'upd_1', newer);
    log.then(how === 'failed' ? 'UpdateFailed' : 'UpdateCompleted', 'dev_1', { update_id: 'upd_1', ...newer });
    if (what === 'aborted') log.then('RolloutAborted', 'rol_2', {});
    expect(log.queues('dev_1', 'upd_2', older).ends()).toHaveLength(isFree ? 0 : 1);
  });

  it('lets a higher priority have its way', () => {
    const log = new LogStory(new LaterWish()).accepts('rol_1', { priority: 5 }).accepts('rol_2', { version: '3.0.0' });
    expect(log.queues('dev_1', 'upd_1', newer).queues('dev_1', 'upd_2', older).ends()).toEqual([]);
  });
});

describe('no gate passes without evidence', () => {
  const story = (spec: object = canary): LogStory => new LogStory(new Gates()).accepts('rol_1', spec, [1, 2]);
  const of = (wave: number) => ({ rollout_id: 'rol_1', wave });
  const next = (log: LogStory): LogStory =>
    log.then('WaveStarted', 'rol_1', { ...forward, wave: 1 }).queues('dev_2', 'upd_2', of(1));

  it('holds where a device of the canary has finished', () => {
    const log = story().then('UpdateCompleted', 'dev_1', of(0));
    expect(
      next(
        log.then('WaveCompleted', 'rol_1', {
          ...forward,
          wave: 0,
          gate: gateOf({}),
          numbers: { eligible: 1 } as never,
        }),
      ).ends(),
    ).toEqual([]);
  });

  it('is broken by a wave behind a canary of which nobody has finished, but for who goes on over that', () => {
    const unproven = (): LogStory => story().then('WaveCompleted', 'rol_1', { ...forward, wave: 0 });
    expect(next(unproven()).ends()).toEqual([expect.stringContaining('no device of wave 0 has finished')]);
    const gate = gateOf({ passed: false, code: 'no-evidence', finished: 0 });
    const paused = (): LogStory => unproven().then('RolloutPaused', 'rol_1', { cause: 'gate', gate });
    expect(next(paused().then('RolloutResumed', 'rol_1', { gate, reason: 'known' })).ends()).toEqual([]);
    expect(next(paused()).ends()[0]).toContain('nobody has resumed it');
    expect(paused().then('RolloutResumed', 'rol_1', { gate }).ends()).toEqual([
      expect.stringContaining('nobody has said why'),
    ]);
  });

  it.each([
    ['a later rollout', 0, { superseded_by: 'rol_2' }],
    ['an update of its own', 0, {}],
    ['a later rollout, of those behind it,', 1, { superseded_by: 'rol_2' }],
  ])('holds where %s has taken over all that was left, and is broken by who is told all the same', (_, wave, by) => {
    const gate = gateOf({ finished: 0, succeeded: 0 });
    const taken = { update_id: 'upd_1', ...of(wave), code: 'superseded', ...by } as const;
    const passed = (): LogStory =>
      story()
        .then('UpdateSkipped', 'dev_1', taken)
        .then('WaveCompleted', 'rol_1', { ...forward, wave: 0, gate, numbers: { eligible: 1 } as never });
    expect(passed().ends()).toEqual([]);
    expect(passed().queues('dev_2', 'upd_2', of(1)).ends()).toEqual([
      expect.stringContaining('was let pass since nothing was left behind it'),
    ]);
  });

  it('is broken by a gate that passes on nothing, or on too little', () => {
    const ends = (gate: Partial<GateDecision>): string[] =>
      story()
        .then('WaveCompleted', 'rol_1', { ...forward, wave: 0, gate: gateOf(gate), numbers: { eligible: 2 } as never })
        .ends();
    expect(ends({ finished: 0, succeeded: 0 })).toEqual([expect.stringContaining('none of its devices has finished')]);
    expect(ends({ succeeded: 1, threshold_percent: 60 })).toEqual([expect.stringContaining('with 1 of 2 at 60 %')]);
  });

  it('is broken by a wave that starts before the one before it has ended', () => {
    const log = story({ strategy: { type: 'rolling', batch_size: 1 } });
    expect(next(log).ends()).toEqual([expect.stringContaining('before wave 0 has ended')]);
  });
});

describe('the counts of a rollout add up', () => {
  const numbers = { eligible: 2, succeeded: 1, failed: 1, cancelled: 0, skipped: 0 };
  const story = (): LogStory =>
    new LogStory(new RolloutNumbers())
      .accepts('rol_1', {}, [2])
      .then('RolloutDevicesPlanned', 'rol_1', {
        ...forward,
        devices: ['dev_1', 'dev_2'].map((device_id) => ({ device_id })) as never,
      })
      .then('UpdateCompleted', 'dev_1', { rollout_id: 'rol_1', wave: 0 });

  it('holds where they are those of the devices', () => {
    const log = story().then('WaveCompleted', 'rol_1', { ...forward, wave: 0, numbers });
    expect(log.then('RolloutCompleted', 'rol_1', { numbers }).ends()).toEqual([]);
  });

  it('is broken by a sum that is another one, and by successes that nobody had', () => {
    const uneven = story().then('WaveCompleted', 'rol_1', { ...forward, wave: 0, numbers: { ...numbers, failed: 0 } });
    expect(uneven.ends()).toEqual([expect.stringContaining('2 are eligible, and 1 have ended')]);
    const claimed = { ...numbers, succeeded: 2, failed: 0 };
    const more = story().then('RolloutCompleted', 'rol_1', { numbers: claimed });
    expect(more.ends()).toEqual([expect.stringContaining('2 succeeded, and by their own events 1')]);
  });

  it('is broken by devices that were planned and are not counted', () => {
    const fewer = { ...numbers, eligible: 1, failed: 0 };
    const log = story().then('RolloutCompleted', 'rol_1', { numbers: fewer });
    expect(log.ends()).toEqual([expect.stringContaining('1 are eligible, and 2 were planned')]);
  });
});

describe('the counts of a rollout as it is shown', () => {
  const wave = { index: 0, eligible: 2, queued: 0, in_flight: 0, succeeded: 1, failed: 1, cancelled: 0, skipped: 0 };
  const resource = { rollout_id: 'rol_1', state: 'running', eligible: 2, succeeded: 1, waves: [wave], rollback: null };
  const came = () => new LogStory().then('UpdateCompleted', 'dev_1', { rollout_id: 'rol_1', wave: 0 });

  it('are those of the log, but for who is counted no more', () => {
    expect(countFaults(resource, 'acme', came().events)).toEqual([]);
    const lost = came().then('UpdateReverted', 'dev_1', { rollout_id: 'rol_1', wave: 0 });
    const without = { ...resource, succeeded: 0, waves: [{ ...wave, succeeded: 0, failed: 2 }] };
    expect(countFaults(without, 'acme', lost.events)).toEqual([]);
    expect(countFaults(without, 'acme', came().events)).toEqual(['rol_1: 0 succeeded, and by the log 1']);
  });

  it('add up', () => {
    const uneven = { ...resource, eligible: 3, waves: [{ ...wave, failed: 0 }] };
    expect(countFaults(uneven, 'acme', came().events)).toEqual([
      'rol_1: wave 0 has 2 devices and counts 1',
      'rol_1: 3 are eligible, and 2 in its waves',
    ]);
  });

  it('need not add up before it begins, where the log has lost devices of the plan', () => {
    const lost = { ...resource, succeeded: 0, waves: [{ ...wave, succeeded: 0, failed: 0 }] };
    const { events } = new LogStory().accepts('rol_1', {}, [2]);
    expect(countFaults({ ...lost, state: 'scheduled' }, 'acme', events)).toEqual([]);
    for (const state of ['running', 'completed', 'aborted'])
      expect(countFaults({ ...lost, state }, 'acme', events)).toEqual(['rol_1: wave 0 has 2 devices and counts 0']);
    const { events: whole } = new LogStory().accepts('rol_1', {}, [0]);
    expect(countFaults({ ...lost, state: 'scheduled' }, 'acme', whole)).toHaveLength(1);
  });
});

describe('rolled_back means that every moved device is back', () => {
  const told = (): LogStory =>
    new LogStory(new RolledBack())
      .accepts('rol_1', {})
      .then('DeviceVersionReported', 'dev_1', { version: '1.0.0' })
      .then('UpdateDispatched', 'dev_1', { rollout_id: 'rol_1', version: '2.0.0' })
      .then('DeviceVersionReported', 'dev_1', { version: '2.0.0' });
  const ended = (log: LogStory, more = {}): LogStory =>
    log.then('RollbackCompleted', 'rol_1', { unavailable: 0, ...more });

  it('holds where it is back, revoked, wanted there by somebody else, said not to be, or no more taken back', () => {
    expect(ended(told().then('DeviceVersionReported', 'dev_1', { version: '1.0.0' })).ends()).toEqual([]);
    expect(ended(told().then('DeviceRevoked', 'dev_1', {})).ends()).toEqual([]);
    expect(ended(told().then('UpdateDispatched', 'dev_1', { version: '2.0.0' })).ends()).toEqual([]);
    expect(ended(told(), { incomplete: 1 }).ends()).toEqual([]);
    expect(ended(told()).then('RolloutAborted', 'rol_1', {}).ends()).toEqual([]);
  });

  it('is broken by one that is there', () => {
    expect(ended(told()).ends()).toEqual([
      expect.stringContaining('acme/rol_1 is rolled back, and acme/dev_1 runs its version 2.0.0'),
    ]);
  });
});

describe('organizations stand apart', () => {
  it('is broken by an event that follows from one of another organization, or names a rollout of it', () => {
    const log = new LogStory(new Organizations()).accepts('rol_1', {});
    expect(log.then('RolloutStarted', 'rol_1', {}, { causation_id: 'acme-1' }).faults).toEqual([]);
    log.then('DeviceRevoked', 'dev_1', {}, { org: 'globex', causation_id: 'acme-1' });
    log.then('UpdateCompleted', 'dev_1', { rollout_id: 'rol_1' }, { org: 'globex' });
    expect(log.ends()).toEqual([
      expect.stringContaining('it follows from acme-1 of acme'),
      expect.stringContaining('rol_1 is no rollout of globex'),
    ]);
  });
});
