import { describe, expect, it } from 'vitest';
import { LogStory } from './log-story.fixture.js';
import { Soaks } from './soaks.js';

const forward = { stage: 'forward' as const };
const of = { rollout_id: 'rol_1', update_id: 'upd_1', wave: 0 };
const story = (failure: object = { count: 1 }): LogStory =>
  new LogStory(new Soaks())
    .accepts('rol_1', { failure }, [1, 1])
    .then('WaveStarted', 'rol_1', { ...forward, wave: 0 })
    .then('UpdateCompleted', 'dev_1', of);
const reverts = (log: LogStory): LogStory => log.then('UpdateReverted', 'dev_1', of);
const next = (log: LogStory): LogStory => log.then('WaveStarted', 'rol_1', { ...forward, wave: 1 });

describe('a success that does not hold', () => {
  it('is a failure to the gate of its wave, which stops the rollout', () => {
    expect(next(reverts(story())).ends()).toEqual([
      'a success that does not hold is a failure: 1 of wave 0 of acme/rol_1 went back, 1 are too many, and nothing has stopped it',
    ]);
    expect(reverts(story()).then('RolloutPaused', 'rol_1', { cause: 'gate' }).ends()).toEqual([]);
  });

  it('is one to the success gate of a canary or a stage too, where too few are left', () => {
    const canary = (success_percent: number, devices: number) =>
      new LogStory(new Soaks())
        .accepts('rol_1', { strategy: { type: 'canary', count: devices, soak_s: 5, success_percent } }, [devices, 1])
        .then('WaveStarted', 'rol_1', { ...forward, wave: 0, eligible: devices })
        .then('UpdateCompleted', 'dev_1', of);
    expect(next(reverts(canary(100, 2))).ends()).toHaveLength(1);
    expect(reverts(canary(100, 2)).ends()).toHaveLength(1);
    const other = { rollout_id: 'rol_1', wave: 0 };
    const underWay = (): LogStory => reverts(canary(100, 2).queues('dev_2', 'upd_2', other));
    expect(underWay().ends()).toEqual([]);
    expect(next(underWay()).ends()).toHaveLength(1);
    expect(
      underWay()
        .then('UpdateFailed', 'dev_2', { ...of, update_id: 'upd_2' })
        .ends(),
    ).toHaveLength(1);
    const gate = { gate: { passed: false } as never, stage: 'forward' as const, wave: 0 };
    expect(reverts(canary(100, 2)).then('WaveCompleted', 'rol_1', gate).ends()).toEqual([]);
    expect(next(reverts(canary(50, 1))).ends()).toHaveLength(1);
    expect(next(reverts(canary(50, 2))).ends()).toEqual([]);
    expect(next(reverts(canary(0, 1))).ends()).toEqual([]);
    const staged = { type: 'staged', waves: [{ count: 1, success_percent: 100 }] };
    const story = new LogStory(new Soaks())
      .accepts('rol_1', { strategy: staged }, [1, 1])
      .then('WaveStarted', 'rol_1', { ...forward, wave: 0, eligible: 1 })
      .then('UpdateCompleted', 'dev_1', of);
    expect(next(reverts(story)).ends()).toHaveLength(1);
  });

  it('is none once another wave runs, or the rollout is over, or where more may fail', () => {
    expect(reverts(next(story())).ends()).toEqual([]);
    expect(reverts(story().then('RolloutCompleted', 'rol_1', {})).ends()).toEqual([]);
    expect(next(reverts(story({ count: 2 }))).ends()).toEqual([]);
    expect(next(reverts(story({ percent: 10 }))).ends()).toEqual([]);
  });

  it('is none of a device that somebody has taken elsewhere, or that is tried again', () => {
    expect(reverts(story().then('UpdateSkipped', 'dev_1', of)).ends()).toEqual([]);
    expect(reverts(story()).queues('dev_1', 'upd_2', { rollout_id: 'rol_1', wave: 0 }).ends()).toEqual([]);
    expect(
      story()
        .then('UpdateReverted', 'dev_1', { ...of, update_id: 'upd_0' })
        .ends(),
    ).toEqual([]);
  });
});
