import { describe, expect, it } from 'vitest';
import { resourceOf } from './resource.js';
import { Story } from './story.fixture.js';
import { claimsDevices } from './supersession.js';
import { noneWithheld } from './waiting-for.js';

const resource = (story: Story) => resourceOf(story.rollout, story.at, noneWithheld)!;

describe('a device that a later rollout takes over', () => {
  it('ends as skipped or cancelled, is counted in its wave, and the resource names the later one', () => {
    const story = Story.started({ strategy: { type: 'rolling', batch_size: 2 } }, 3);
    story.dispatch(1);
    story.cancel('dev_0', 'superseded').refuse('dev_1', 'UpdateSkipped', 'superseded');
    expect(story.decide()).toEqual(['WaveCompleted', 'WaveStarted']);
    story.refuse('dev_2', 'UpdateSkipped', 'superseded');
    expect(story.decide()).toEqual(['WaveCompleted', 'RolloutCompleted']);
    expect(resource(story)).toMatchObject({ state: 'completed', percent: 100, superseded_by: ['rol_later'] });
    expect(resource(story).waves).toMatchObject([
      { cancelled: 1, skipped: 1, superseded: 2 },
      { cancelled: 0, skipped: 1, superseded: 1 },
    ]);
  });

  it('may be one of a wave that was not started yet', () => {
    const story = Story.started({ strategy: { type: 'rolling', batch_size: 1 } }, 2);
    story.refuse('dev_1', 'UpdateSkipped', 'superseded');
    story.dispatch();
    story.succeed('dev_0').decide();
    expect(resource(story)).toMatchObject({ state: 'completed', succeeded: 1 });
    expect(resource(story).waves[1]).toMatchObject({ state: 'completed', skipped: 1, superseded: 1 });
  });

  it.each([
    ['with a threshold', { success_percent: 90 }],
    ['without one', {}],
  ])('proves nothing as a canary %s, and nobody is asked once no device waits for its proof', (_what, more) => {
    const story = Story.started({ strategy: { type: 'canary', count: 1, ...more } }, 3);
    story.dispatch();
    story.refuse('dev_1', 'UpdateSkipped', 'superseded').refuse('dev_2', 'UpdateSkipped', 'superseded');
    story.cancel('dev_0', 'superseded');
    expect(story.decide()).toEqual(['WaveCompleted', 'WaveStarted', 'WaveCompleted', 'RolloutCompleted']);
    expect(resource(story)).toMatchObject({ state: 'completed', superseded_by: ['rol_later'] });
  });

  it('leaves others that wait for the proof: somebody has to decide', () => {
    const story = Story.started({ strategy: { type: 'canary', count: 1 } }, 3);
    story.refuse('dev_0', 'UpdateSkipped', 'superseded').refuse('dev_1', 'UpdateSkipped', 'superseded');
    expect(story.decide()).toEqual(['WaveCompleted', 'RolloutPaused']);
  });

  it('leaves nobody who waits for the proof, until a device joins: then somebody has to decide, once', () => {
    const story = Story.started({ strategy: { type: 'canary', count: 1 }, membership: 'continuous' }, 2);
    story.refuse('dev_0', 'UpdateSkipped', 'superseded').refuse('dev_1', 'UpdateSkipped', 'superseded');
    expect(story.decide()).toEqual(['WaveCompleted', 'WaveStarted', 'WaveCompleted', 'RolloutCompleted']);
    story.plan('forward', ['new_1'], { joined: true });
    story.proceeds().thenTypes(['RolloutPaused']);
    expect(story.history.at(-1)?.data).toMatchObject({ gate: { code: 'no-evidence', wave: 0, action: 'pause' } });
    expect(story.dispatch()).toEqual([]);
    story.ask('resume', { reason: 'it is known' }).proceeds().thenTypes(['RolloutResumed']);
    expect(story.dispatch()).toEqual(['new_1']);
    story.succeed('new_1');
    expect(story.decide()).toEqual(['WaveCompleted', 'RolloutCompleted']);
  });

  it('is counted where an update or a rollback of the device alone takes the place, which is no rollout', () => {
    const story = Story.started({}, 1);
    story.dispatch();
    const { update_id = '' } = story.member('dev_0') as { update_id?: string };
    const which = { update_id, number: 1, device_id: 'dev_0', version: '2.0.0', rollout_id: story.accepted.rollout_id };
    const why = { code: 'superseded', detail: 'The rollback of the device takes its place.' };
    story.append({ type: 'UpdateCancelled', data: { ...which, wave: 0, attempt: 1, ...why } });
    expect(resource(story)).toMatchObject({ superseded_by: [], waves: [{ cancelled: 1, superseded: 1 }] });
  });

  it('ends the last wave with a threshold, too', () => {
    const strategy = { type: 'staged', waves: [{ percent: 100, success_percent: 50 }] } as const;
    const story = Story.started({ strategy: { ...strategy, waves: [...strategy.waves] } }, 1);
    story.refuse('dev_0', 'UpdateSkipped', 'superseded');
    expect(story.decide()).toEqual(['WaveCompleted', 'RolloutCompleted']);
  });
});

describe('a rollout takes devices from older ones', () => {
  it('from its start on, whether it is paused, over or aborted; not before, and not once it went back', () => {
    const scheduled = Story.planned({ start_at: '2026-02-22T00:00:00Z' }, 1);
    expect(claimsDevices(scheduled.rollout)).toBe(false);
    scheduled.ask('pause').decide();
    expect(claimsDevices(scheduled.rollout)).toBe(false);
    const story = Story.started({}, 2);
    expect(claimsDevices(story.rollout)).toBe(true);
    story.ask('pause').decide();
    expect(claimsDevices(story.rollout)).toBe(true);
    story.ask('abort').decide();
    expect(claimsDevices(story.rollout)).toBe(true);
    story.ask('rollback').decide();
    story.decide();
    expect(story.rollout.status).toBe('rolled_back');
    expect(claimsDevices(story.rollout)).toBe(false);
  });
});
