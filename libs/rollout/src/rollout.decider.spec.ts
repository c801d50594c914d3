import { describe, expect, it } from 'vitest';
import { Refused, type RolloutStrategy } from '@edgeflow/contracts';
import { spec } from '@edgeflow/testkit/decider-spec';
import { planRollout } from './plan-rollout.js';
import { isActive, rolloutDecider } from './rollout.decider.js';
import type { Rollout } from './rollout.state.js';
import { after, rollout_id, specWith, Story } from './story.fixture.js';

const { inState } = spec(rolloutDecider);
const rolling: RolloutStrategy = { type: 'rolling', batch_size: 2 };
const canary: RolloutStrategy = { type: 'canary', count: 1, soak_s: 600, success_percent: 100 };

type RequestedState = Extract<Rollout, { status: 'requested' }>;

const statesOf = (story: Story) => story.accepted.waves.map(({ status }) => status);
const dataOf = (story: Story, type: string) => story.history.findLast((event) => event.type === type)?.data;

describe('a rollout that is accepted', () => {
  it('starts, and its first wave with it', () => {
    Story.planned({}, 3).proceeds().thenTypes(['RolloutStarted', 'WaveStarted']);
  });

  it('has nothing more to decide once its devices are told', () => {
    const story = Story.started({}, 3);
    expect(story.dispatch()).toEqual(['dev_0', 'dev_1', 'dev_2']);
    story.proceeds().thenNothing();
  });

  it('waits until start_at and not a moment longer', () => {
    const story = Story.planned({ start_at: after(60).toISOString() }, 1);
    story.wait(59.999).proceeds().thenNothing();
    story.wait(0.001).proceeds().thenTypes(['RolloutStarted', 'WaveStarted']);
  });

  it('does not start before both its time and its approval have come', () => {
    const story = Story.planned({ start_at: after(60).toISOString(), approval: 'start' }, 1);
    story.wait(60).proceeds().thenNothing();
    story.ask('approve').proceeds().thenTypes(['RolloutApproved', 'RolloutStarted', 'WaveStarted']);
  });

  it('tells nobody where the log has lost devices of its plan, and ends with those that are there', () => {
    const story = new Story().asked({ start_at: after(60).toISOString() });
    const { request } = story.rollout as RequestedState;
    const accepted = planRollout(rollout_id, request, { eligible: 3, excluded: {} });
    story.append({ type: 'RolloutAccepted', data: accepted });
    story.plan('forward', ['dev_0']).proceeds().thenTypes(['RolloutAborted']);
    expect(story.accepted).toMatchObject({ status: 'aborted', waves: [{ eligible: 1, counts: { cancelled: 1 } }] });
  });

  it('is decided the same way twice, and names what led to it', () => {
    const story = Story.planned({}, 2);
    const command = { type: 'Proceed', rollout_id, at: story.at } as const;
    const [one, other] = [inState(story.rollout).when(command), inState(story.rollout).when(command)];
    one.then(other.facts());
    expect(one.grounds()).toEqual(other.grounds());
    expect(one.grounds().cause?.id).toBe(story.history.at(-1)?.id);
  });
});

describe('the last report of a wave', () => {
  it('completes it and starts the next one in the same batch', () => {
    const story = Story.started({ strategy: rolling }, 4);
    story.dispatch();
    story.succeed('dev_0');
    story.proceeds().thenNothing();
    story.succeed('dev_1');
    story.proceeds().thenTypes(['WaveCompleted', 'WaveStarted']);
    expect(statesOf(story)).toEqual(['completed', 'running']);
  });

  it('completes the rollout when the wave was the last', () => {
    const story = Story.started({}, 2);
    story.dispatch();
    story.succeed('dev_1').fail('dev_0');
    story.proceeds().thenTypes(['WaveCompleted', 'RolloutCompleted']);
    expect(dataOf(story, 'RolloutCompleted')).toMatchObject({
      numbers: { eligible: 2, succeeded: 1, failed: 1, cancelled: 0, skipped: 0 },
    });
  });

  it('that comes twice, or late, counts once', () => {
    const story = Story.started({ strategy: rolling }, 3);
    story.dispatch();
    const report = story.succeed('dev_0').history.at(-1)!;
    story.hear(report);
    story.hear({ ...report, position: report.position + 100 });
    expect(story.accepted.waves[0]?.counts).toMatchObject({ in_flight: 1, succeeded: 1 });
    story.proceeds().thenNothing();
  });

  it('may be one that came up on the version by itself, was withdrawn, or could not be told', () => {
    const story = Story.started({}, 4);
    story.dispatch(2);
    story.succeed('dev_0').cancel('dev_1', 'device-revoked');
    story.refuse('dev_2', 'UpdateSkipped', 'already-on-target');
    story.proceeds().thenNothing();
    story.refuse('dev_3', 'UpdateRejected', 'deadline-exceeded');
    story.proceeds().thenTypes(['WaveCompleted', 'RolloutCompleted']);
    expect(dataOf(story, 'WaveCompleted')).toMatchObject({
      numbers: { eligible: 4, succeeded: 1, failed: 1, cancelled: 1, skipped: 1 },
    });
  });
});

describe('the empty wave', () => {
  it('is started and completed at once, without a soak', () => {
    const strategy: RolloutStrategy = {
      type: 'staged',
      waves: [{ count: 2 }, { count: 1, soak_s: 600 }, { count: 1, soak_s: 600 }],
    };
    const story = Story.started({ strategy }, 2);
    story.dispatch();
    story.succeed('dev_0', 'dev_1');
    story
      .proceeds()
      .thenTypes(['WaveCompleted', 'WaveStarted', 'WaveCompleted', 'WaveStarted', 'WaveCompleted', 'RolloutCompleted']);
  });

  it('passes its success gate: of no device nothing can be said against', () => {
    const story = Story.planned({ strategy: { type: 'canary', count: 1, success_percent: 100 } }, 0);
    story
      .proceeds()
      .thenTypes([
        'RolloutStarted',
        'WaveStarted',
        'WaveCompleted',
        'WaveStarted',
        'WaveCompleted',
        'RolloutCompleted',
      ]);
  });

  it('does not make a decision longer than a batch may be', () => {
    const waves = Array.from({ length: 100 }, () => ({ count: 1 }));
    const story = Story.planned({ strategy: { type: 'staged', waves } }, 0);
    const rounds: number[] = [];
    for (let n = story.decide().length; n > 0; n = story.decide().length) rounds.push(n);
    expect(Math.max(...rounds)).toBeLessThanOrEqual(400);
    expect(story.rollout.status).toBe('completed');
  });
});

describe('a wave of one', () => {
  it('is completed by its only report', () => {
    const story = Story.started({ strategy: { type: 'rolling', batch_size: 1 } }, 2);
    expect(story.dispatch()).toEqual(['dev_0']);
    story.succeed('dev_0');
    story.proceeds().thenTypes(['WaveCompleted', 'WaveStarted']);
  });

  it('stops the rollout when its only device fails, whatever min_finished says', () => {
    const story = Story.started({ strategy: canary, failure: { percent: 1, min_finished: 100 } }, 10);
    story.dispatch();
    story.fail('dev_0');
    story.proceeds().thenTypes(['WaveCompleted', 'RolloutPaused']);
  });
});

describe('a rollout with 0 eligible devices', () => {
  it('is completed at once', () => {
    const story = Story.planned({}, 0);
    story.proceeds().thenTypes(['RolloutStarted', 'WaveStarted', 'WaveCompleted', 'RolloutCompleted']);
    expect(story.accepted.status).toBe('completed');
  });

  it('still waits for its approval and its time', () => {
    const story = Story.planned({ approval: 'start', start_at: after(5).toISOString() }, 0);
    story.proceeds().thenNothing();
    story.ask('approve').decide();
    expect(story.wait(5).decide()).toContain('RolloutCompleted');
  });

  it('that takes devices in runs again when the first one comes', () => {
    const story = Story.started({ membership: 'continuous', strategy: canary }, 0);
    expect(isActive(story.rollout)).toBe(true);
    story.plan('forward', ['dev_9'], { joined: true });
    expect(story.rollout.status).toBe('running');
    expect(story.member('dev_9')).toMatchObject({ wave: 1, joined: true, status: 'waiting' });
    expect(story.dispatch()).toEqual(['dev_9']);
    story.succeed('dev_9');
    story.proceeds().thenTypes(['WaveCompleted', 'RolloutCompleted']);
  });
});

describe('a rollout with 100 % excluded', () => {
  it('is completed at once and says why there was nobody', () => {
    const story = Story.planned({}, 0, ['already-on-target', 'model-mismatch', 'already-on-target']);
    expect(story.decide()).toContain('RolloutCompleted');
    expect(story.accepted.excluded).toEqual({ 'already-on-target': 2, 'model-mismatch': 1 });
    expect(dataOf(story, 'RolloutCompleted')).toMatchObject({ numbers: { eligible: 0 } });
  });
});

describe('the soak after a wave', () => {
  it('lasts as long as the strategy says', () => {
    const story = Story.started({ strategy: canary }, 5);
    story.dispatch();
    story.succeed('dev_0');
    story.proceeds().thenTypes(['WaveCompleted']);
    story.wait(599).proceeds().thenNothing();
    story.wait(1).proceeds().thenTypes(['WaveStarted']);
  });

  it('begins anew when failed devices of the wave try again', () => {
    const story = Story.started({ strategy: { type: 'canary', count: 2, soak_s: 600 } }, 5);
    story.dispatch();
    story.succeed('dev_0').fail('dev_1').decide();
    story.wait(500).ask('retry').decide();
    story.dispatch();
    story.succeed('dev_1').decide();
    story.wait(599).proceeds().thenNothing();
    story.wait(1).proceeds().thenTypes(['WaveStarted']);
  });
});

describe('an approval of every wave', () => {
  it('is asked for before each of them', () => {
    const story = Story.planned({ strategy: rolling, approval: 'every_wave' }, 4);
    story.proceeds().thenNothing();
    story.ask('approve').proceeds().thenTypes(['RolloutApproved', 'RolloutStarted', 'WaveStarted']);
    story.dispatch();
    story.succeed('dev_0', 'dev_1').proceeds().thenTypes(['WaveCompleted']);
    story.ask('approve').proceeds().thenTypes(['RolloutApproved', 'WaveStarted']);
    expect(dataOf(story, 'RolloutApproved')).toMatchObject({ wave: 1 });
  });

  it('may be given during the soak, which still lasts', () => {
    const story = Story.planned({ strategy: canary, approval: 'every_wave' }, 4);
    story.ask('approve').decide();
    story.dispatch();
    story.succeed('dev_0').decide();
    story.ask('approve').proceeds().thenTypes(['RolloutApproved']);
    story.wait(600).proceeds().thenTypes(['WaveStarted']);
  });

  it('is refused twice for the same wave, and while a wave runs', () => {
    const story = Story.planned({ strategy: rolling, approval: 'every_wave', start_at: after(60).toISOString() }, 4);
    story.ask('approve').ask('approve').proceeds().thenTypes(['RolloutApproved', 'RolloutActionRefused']);
  });
});

describe('abort before the first dispatch', () => {
  it('cancels every device, and nobody is told', () => {
    const story = Story.started({}, 3);
    story.ask('abort').proceeds().thenTypes(['RolloutAborted']);
    expect(story.accepted.waves[0]?.counts).toMatchObject({ waiting: 0, cancelled: 3 });
    expect(story.dispatch()).toEqual([]);
    story.proceeds().thenNothing();
    expect(isActive(story.rollout)).toBe(false);
  });

  it.each([
    ['before the start', { start_at: after(60).toISOString() }],
    ['before the approval', { approval: 'start' as const }],
  ])('%s ends it, whatever time it is', (_name, request) => {
    const story = Story.planned(request, 3);
    story.ask('abort').proceeds().thenTypes(['RolloutAborted']);
    story.wait(3_600).proceeds().thenNothing();
    story.ask('approve').proceeds().thenTypes(['RolloutActionRefused']);
  });

  it('in the same breath as the start leaves nothing running', () => {
    Story.planned({}, 3).ask('abort').proceeds().thenTypes(['RolloutAborted']);
  });
});

describe('abort', () => {
  it('lets a device that installs finish, and counts it', () => {
    const story = Story.started({ limits: { max_in_flight: 2 } }, 4);
    story.dispatch();
    story.ask('abort').decide();
    expect(isActive(story.rollout)).toBe(true);
    story.cancel('dev_0').succeed('dev_1');
    expect(story.accepted.waves[0]?.counts).toMatchObject({ cancelled: 3, succeeded: 1 });
    expect(isActive(story.rollout)).toBe(false);
  });

  it('gives nobody another try', () => {
    const story = Story.started({ retry: { attempts: 5, backoff_s: 1 } }, 1);
    story.dispatch();
    story.ask('abort').decide();
    story.fail('dev_0');
    expect(story.member('dev_0')).toMatchObject({ status: 'failed', not_before: null });
  });

  it('takes a paused rollout and one that is on its way back', () => {
    const paused = Story.started({}, 1).ask('pause').ask('abort');
    paused.proceeds().thenTypes(['RolloutPaused', 'RolloutAborted']);
    const back = rollback();
    back.ask('abort').proceeds().thenTypes(['RolloutAborted']);
    expect(back.all('rollback').map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
    back.ask('rollback').proceeds().thenTypes(['RollbackTriggered', 'WaveStarted']);
  });

  it('of a rollback keeps it in view while devices are under way', () => {
    const story = rollback();
    story.decide();
    story.dispatch(1);
    story.ask('abort').decide();
    expect(isActive(story.rollout)).toBe(true);
    story.cancel('dev_0', 'rollout-aborted', 'rollback');
    expect(isActive(story.rollout)).toBe(false);
  });
});

describe('pause and resume', () => {
  it('stop and go on, before the start too', () => {
    const story = Story.planned({ start_at: after(60).toISOString() }, 1);
    story.ask('pause').proceeds().thenTypes(['RolloutPaused']);
    story.wait(60).proceeds().thenNothing();
    story.ask('resume').proceeds().thenTypes(['RolloutResumed', 'RolloutStarted', 'WaveStarted']);
  });

  it('tell nobody meanwhile, and hear what comes in', () => {
    const story = Story.started({ strategy: rolling }, 4);
    story.dispatch();
    story.ask('pause').decide();
    story.succeed('dev_0', 'dev_1').proceeds().thenNothing();
    expect(story.dispatch()).toEqual([]);
    story.ask('resume').proceeds().thenTypes(['RolloutResumed', 'WaveCompleted', 'WaveStarted']);
  });

  it('give the waiting devices their time anew, and leave the wave its start', () => {
    const story = Story.started({}, 1).ask('pause');
    story.decide();
    story.wait(1_000).ask('resume').decide();
    expect(story.accepted.waves[0]).toMatchObject({
      started_at: after(0).toISOString(),
      since: after(1_000).toISOString(),
    });
  });

  it('say who wanted it and why, and who had sent the request', () => {
    const asked = { reason: 'lunch', requested_by: 'ann', role: 'operator' };
    const story = Story.started({}, 1).ask('pause', asked, 'req_p');
    story.decide();
    const expected = { rollout_id, cause: 'operator', request_id: 'req_p', ...asked, source: '/spec' };
    expect(dataOf(story, 'RolloutPaused')).toEqual(expected);
    story.ask('pause', asked, 'req_q').decide();
    expect(dataOf(story, 'RolloutActionRefused')).toMatchObject({ request_id: 'req_q', source: '/spec' });
  });

  it('of a team say which it was, beside what it says of itself', () => {
    const asked = { reason: 'forged', requested_by: 'operator@globex', role: 'admin' };
    const story = Story.started({}, 1).ask('pause', asked, 'req_p', '/team/ci');
    story.decide();
    expect(dataOf(story, 'RolloutPaused')).toMatchObject({ ...asked, source: '/team/ci' });
  });
});

describe('retry', () => {
  const twoFailed = () => {
    const story = Story.started({}, 3);
    story.dispatch();
    story.succeed('dev_0').fail('dev_1').fail('dev_2').decide();
    return story;
  };

  it('makes a completed rollout run again, for the failed devices alone', () => {
    const story = twoFailed();
    story.ask('retry').proceeds().thenTypes(['RolloutRetried']);
    expect(dataOf(story, 'RolloutRetried')).toMatchObject({ devices: 2 });
    expect(story.rollout.status).toBe('running');
    expect(story.dispatch()).toEqual(['dev_1', 'dev_2']);
    story.succeed('dev_1', 'dev_2');
    story.proceeds().thenTypes(['WaveCompleted', 'RolloutCompleted']);
  });

  it('gives them the time of devices that have just come', () => {
    const story = twoFailed();
    story.wait(86_400).ask('retry').decide();
    expect(story.accepted.waves[0]).toMatchObject({ status: 'running', since: after(86_400).toISOString() });
  });

  it('is refused when nobody has failed, and once the rollout was aborted', () => {
    Story.started({}, 1).ask('retry').proceeds().thenTypes(['RolloutActionRefused']);
    const story = Story.started({}, 2);
    story.dispatch();
    story.fail('dev_0').ask('abort').decide();
    story.ask('retry').proceeds().thenTypes(['RolloutActionRefused']);
  });
});

/** Two devices have moved, a third was under way, and the rollout is taken back. */
function rollback(): Story {
  const story = Story.started({}, 2);
  story.dispatch();
  story.succeed('dev_0', 'dev_1').decide();
  story.ask('rollback').decide(2);
  story.planBack();
  return story;
}

describe('rollback', () => {
  it('cancels who waits and waits for who is under way, before it is over', () => {
    const story = Story.started({ limits: { max_in_flight: 1 } }, 3);
    story.dispatch();
    story.ask('rollback').proceeds().thenTypes(['RollbackTriggered']);
    expect(story.accepted.waves[0]?.counts).toMatchObject({ cancelled: 2, in_flight: 1 });
    story.proceeds().thenNothing();
    story.cancel('dev_0', 'rollout-rolled-back');
    story.proceeds().thenTypes(['RollbackCompleted']);
    expect(dataOf(story, 'RollbackCompleted')).toMatchObject({ numbers: { eligible: 0 }, unavailable: 0 });
  });

  it('is not over while nobody has looked which devices have moved', () => {
    const story = Story.started({}, 1);
    story.ask('rollback').proceeds(0).thenTypes(['RollbackTriggered']);
    inState(story.rollout).when({ type: 'Proceed', rollout_id, at: story.at }).thenNothing();
    story.proceeds(1).thenNothing();
    story.proceeds(0).thenTypes(['RollbackCompleted']);
  });

  it('has waves of its own, of the size of the strategy', () => {
    const story = Story.started({ strategy: rolling }, 3);
    for (const _wave of [0, 1]) {
      story.succeed(...story.dispatch()).decide();
    }
    story.ask('rollback').decide(3);
    expect(story.planBack()).toBe(3);
    story.proceeds().thenTypes(['WaveStarted']);
    expect(story.dispatch()).toEqual(['dev_0', 'dev_1']);
    expect(story.member('dev_0', 'rollback')).toMatchObject({ status: 'in_flight', version: '1.0.0' });
    story.fail('dev_0', 'install-failed', 'rollback').succeed('dev_1');
    story.proceeds().thenTypes(['WaveCompleted', 'WaveStarted']);
    story.succeed(...story.dispatch());
    story.proceeds().thenTypes(['WaveCompleted', 'RollbackCompleted']);
    expect(dataOf(story, 'RollbackCompleted')).toMatchObject({ numbers: { eligible: 3, succeeded: 2, failed: 1 } });
    expect(story.rollout.status).toBe('rollback_incomplete');
  });

  it('counts the devices that have no version to go back to', () => {
    const story = Story.started({}, 1);
    story.succeed(...story.dispatch()).decide();
    story.ask('rollback').decide(1);
    story.plan('rollback', [], { excluded: [{ device_id: 'dev_0', reason: 'no-good-version' }] });
    story.proceeds().thenTypes(['RollbackCompleted']);
    expect(dataOf(story, 'RollbackCompleted')).toMatchObject({ numbers: { eligible: 0 }, unavailable: 1 });
  });

  it('brings back a device that comes later, in a wave that runs again', () => {
    const story = rollback();
    story.decide();
    story.succeed(...story.dispatch()).decide();
    expect(story.rollout.status).toBe('rolled_back');
    story.wait(100).plan('rollback', ['dev_2'], { version: '1.1.0' });
    expect(story.accepted.status).toBe('rolling_back');
    expect(story.dispatch()).toEqual(['dev_2']);
    story.succeed('dev_2').proceeds().thenTypes(['WaveCompleted', 'RollbackCompleted']);
  });

  it('waits for no window', () => {
    const story = Story.planned({ window: { cron: '0 3 * * *', duration_s: 60, time_zone: 'UTC' } }, 1);
    story.decide();
    expect(story.dispatch()).toEqual([]);
    story.wait(15 * 3600).succeed(...story.dispatch());
    story.wait(3600).ask('rollback').decide(1);
    story.planBack();
    story.decide();
    expect(story.dispatch()).toEqual(['dev_0']);
  });

  it('may follow an abort, and then once', () => {
    const story = Story.started({}, 2);
    story.succeed(...story.dispatch(1));
    story.ask('abort').ask('rollback').proceeds(1).thenTypes(['RolloutAborted', 'RollbackTriggered']);
    story.ask('rollback').proceeds(1).thenTypes(['RolloutActionRefused']);
  });

  it('is not taken back for its failures', () => {
    const story = Story.started({ failure: { count: 1, action: 'rollback' } }, 3);
    story.succeed(...story.dispatch(1));
    story.dispatch(1);
    story.fail('dev_1');
    story.proceeds(undefined).thenTypes(['RollbackTriggered']);
    story.planBack();
    story.decide();
    story.dispatch();
    story.fail('dev_0', 'install-failed', 'rollback');
    story.proceeds().thenTypes(['WaveCompleted', 'RollbackCompleted']);
  });
});

describe('a request for an action', () => {
  it('is refused when there is no such rollout, or it became none', () => {
    const story = new Story().ask('pause');
    story.proceeds().thenTypes(['RolloutActionRefused']);
    expect(dataOf(story, 'RolloutActionRefused')).toMatchObject({ code: 'rollout-unknown', action: 'pause' });
    const rejected = new Story().asked();
    rejected.append({
      type: 'RolloutRejected',
      data: { rollout_id, request_id: 'req_1', code: 'firmware-unknown', detail: 'no' },
    });
    rejected.ask('abort').decide();
    expect(dataOf(rejected, 'RolloutActionRefused')).toMatchObject({ code: 'rollout-unknown' });
    expect(isActive(rejected.rollout)).toBe(false);
  });

  it('waits until the rollout is planned', () => {
    const story = new Story().ask('pause').asked();
    story.proceeds().thenNothing();
    expect(isActive(story.rollout)).toBe(true);
  });

  it('says what is allowed instead', () => {
    const story = Story.started({}, 1).ask('resume');
    story.decide();
    expect(dataOf(story, 'RolloutActionRefused')).toMatchObject({
      code: 'action-not-allowed',
      detail: 'The rollout is running: resume is not allowed now, pause, abort, rollback, skip, amend is.',
    });
  });

  it('says so in the words of the resource', () => {
    const story = Story.planned({ start_at: after(600).toISOString() }, 1).ask('skip', { reason: 'why' });
    story.decide();
    const detail = expect.stringContaining('The rollout is scheduled: skip is not allowed now') as string;
    expect(dataOf(story, 'RolloutActionRefused')).toMatchObject({ detail });
  });

  it('is answered in its turn, one after the other', () => {
    const story = Story.started({}, 1).ask('pause').ask('resume').ask('pause');
    story.proceeds().thenTypes(['RolloutPaused', 'RolloutResumed', 'RolloutPaused']);
    expect(story.rollout.actions).toEqual([]);
  });

  it('is answered once, however often it comes', () => {
    const story = Story.started({}, 1).ask('pause', {}, 'req_p').ask('pause', {}, 'req_p');
    story.proceeds().thenTypes(['RolloutPaused']);
    story.ask('resume').decide();
    story.ask('pause', {}, 'req_p').proceeds().thenNothing();
    expect(story.rollout.status).toBe('running');
  });

  it('is refused with what is wrong with it', () => {
    const story = Story.started({}, 1);
    const event = story.ask('pause').history.pop()!;
    const bad = { ...event, entity_id: 'req_bad', position: 99, data: {}, violation: 'reason must be string' };
    story.hear(bad as typeof event);
    story.decide();
    expect(dataOf(story, 'RolloutPaused')).toBeDefined();
    expect(dataOf(story, 'RolloutActionRefused')).toMatchObject({
      ...{ request_id: 'req_bad', code: 'invalid-request', detail: 'reason must be string' },
    });
  });

  it('for a rollback of both a rollout and a device is refused', () => {
    const story = Story.started({}, 1);
    story.append({ type: 'RollbackRequested', data: { rollout_id, device_id: 'dev_0' } }, 'req_2');
    story.decide();
    expect(dataOf(story, 'RolloutActionRefused')).toMatchObject({ code: 'invalid-request' });
    expect(story.rollout.status).toBe('running');
  });
});

describe('a replay of the log', () => {
  it('comes to the same rollout and the same devices', () => {
    const story = Story.started({ strategy: canary, approval: 'every_wave' }, 4);
    story.ask('approve').decide();
    story.fail(...([story.dispatch()[0]!] as const));
    story.decide();
    story.ask('resume').ask('retry').decide();
    story.dispatch();
    const again = new Story();
    for (const event of story.history) again.hear(event);
    expect(again.rollout).toEqual(story.rollout);
    expect(again.members).toEqual(story.members);
  });
});

describe('an accepted rollout', () => {
  it('is accepted once, and asked for once', () => {
    const story = Story.started({}, 2);
    const { rollout } = story;
    story.asked({ version: '3.0.0' });
    expect(story.rollout).toEqual(rollout);
    expect(story.accepted.spec).toEqual(specWith());
  });
});

describe('a request for a rollout', () => {
  const accepted = () => {
    const story = new Story().asked();
    if (story.rollout.status !== 'requested') throw new Error('the story starts wrong');
    return { story, plan: planRollout(rollout_id, story.rollout.request, { eligible: 1, excluded: {} }) };
  };
  const planned = { rollout_id, stage: 'forward' as const, devices: [{ device_id: 'dev_0' }], excluded: [] };

  it('becomes a rollout with its devices, in the name of the request, once', () => {
    const { story, plan } = accepted();
    const outcome = story.when({ type: 'Accept', accepted: plan, planned: [planned] });
    outcome.then([
      { type: 'RolloutAccepted', data: plan },
      { type: 'RolloutDevicesPlanned', data: planned },
    ]);
    expect(outcome.grounds().cause?.id).toBe(story.history[0]?.id);
    story.when({ type: 'Accept', accepted: plan, planned: [planned] }).thenNothing();
  });

  it('is rejected with what is wrong, once', () => {
    const { story } = accepted();
    const reject = { type: 'Reject', rollout_id, refusal: new Refused('firmware-unknown', 'none') } as const;
    story.when(reject).then([
      {
        type: 'RolloutRejected',
        data: { rollout_id, request_id: 'req_1', code: 'firmware-unknown', detail: 'none', source: '/spec' },
      },
    ]);
    story.when(reject).thenNothing();
  });
});

describe('devices that come to a rollout later', () => {
  const planned = (stage: 'forward' | 'rollback') => ({ rollout_id, stage, devices: [], excluded: [] });

  it('come after its newest event, or after what turned it', () => {
    const story = Story.started({}, 1);
    const joined = story.when({ type: 'TakeIn', planned: planned('forward') });
    joined.thenTypes(['RolloutDevicesPlanned']);
    expect(joined.grounds().cause?.id).toBe(story.history.at(-2)?.id);
    story.ask('rollback').decide(undefined);
    const turned = story.history.find(({ type }) => type === 'RollbackTriggered');
    expect(story.when({ type: 'TakeIn', planned: planned('rollback') }).grounds().cause?.id).toBe(turned?.id);
  });

  it('do not come to one that is none', () => {
    new Story().when({ type: 'TakeIn', planned: planned('forward') }).thenNothing();
  });
});
