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
