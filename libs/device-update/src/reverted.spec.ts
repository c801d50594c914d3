import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import { isDue } from './device-update.decider.js';
import {
  cancelRequested,
  connected,
  decisionOn,
  disconnected,
  dispatchedUpdate,
  firmware,
  onlineDevice,
  reached,
  requested,
  rollbackRequested,
  runs,
  stateOf,
  stored,
  storedAll,
  withDecision,
} from './story.fixture.js';

const catalog = [firmware, ...['1.0.0', '3.0.0'].map((version) => ({ ...firmware, version, firmware_id: version }))];

/** A device that was brought from 1.0.0 to 2.0.0. */
function completed() {
  const { events, update_id } = dispatchedUpdate();
  return { events: withDecision([...events, runs('2.0.0', 'boot_2')]), update_id };
}

/** It says why, with its version. */
function saying(event: StoredEvent, update_id: string): StoredEvent {
  const failed = { update_id, code: 'rolled-back', message: 'the health check said no' };
  return { ...event, data: { ...event.data, failed } } as StoredEvent;
}

const revertsIn = (events: readonly StoredEvent[]) => events.filter(({ type }) => type === 'UpdateReverted');

describe('a device that has completed an update', () => {
  it('and says why it does not run it any more has its word kept, of that update alone', () => {
    const { events, update_id } = completed();
    const back = runs('1.0.0', 'boot_3');
    const said = 'rolled-back: the health check said no';
    const detail = `The device had completed the update to 2.0.0 and runs 1.0.0; it says why: ${said}`;
    expect(decisionOn([...events, saying(back, update_id)]).facts()).toMatchObject([
      { type: 'UpdateReverted', data: { code: 'reverted', said, detail } },
    ]);
    const [other] = decisionOn([...events, saying(back, 'upd_other')]).facts();
    expect(other).toMatchObject({ type: 'UpdateReverted' });
    expect(other?.data).not.toHaveProperty('said');
  });

  it('and says later that it runs something else has reverted, by the event that shows it', () => {
    const { events, update_id } = completed();
    const back = runs('1.0.0', 'boot_3');
    expect(isDue(stateOf(events))).toBe(false);
    expect(isDue(stateOf([...events, back]))).toBe(true);
    const decided = decisionOn([...events, back]);
    expect(decided.facts()).toEqual([
      {
        type: 'UpdateReverted',
        data: {
          ...{ update_id, number: 1, device_id: 'dev_1', version: '2.0.0', runs: '1.0.0', code: 'reverted' },
          detail: 'The device had completed the update to 2.0.0 and runs 1.0.0; nobody told it to.',
        },
      },
    ]);
    expect(decided.grounds().cause).toMatchObject({ id: back.id });
  });

  it('has reverted once, however often it is said, and however often it comes up new again', () => {
    const { events } = completed();
    const back = runs('1.0.0', 'boot_3');
    const written = withDecision([...events, back]);
    const loop = [back, runs('2.0.0', 'boot_4'), runs('1.0.0', 'boot_5'), runs('2.0.0', 'boot_6')];
    decisionOn([...written, ...loop]).thenNothing();
    expect(decisionOn([...events, ...loop]).facts()).toEqual(decisionOn([...events, back]).facts());
  });

  it('has reverted also where it is back before its success is written down', () => {
    const { events } = dispatchedUpdate();
    const story = [...events, runs('2.0.0', 'boot_2'), runs('1.0.0', 'boot_3'), runs('2.0.0', 'boot_4')];
    const ended = withDecision(story);
    expect(ended.at(-1)?.type).toBe('UpdateCompleted');
    decisionOn(ended).thenTypes(['UpdateReverted']);
    expect(revertsIn(withDecision(withDecision(ended)))).toHaveLength(1);
  });

  it('and says the same again, or only another boot, keeps it', () => {
    const { events } = completed();
    const same = [runs('2.0.0', 'boot_3'), connected('ses_2'), disconnected('ses_2'), runs('2.0.0', 'boot_4')];
    decisionOn([...events, ...same]).thenNothing();
  });
});

describe('a device that is told something else after a completed update', () => {
  it('has not reverted by what it does about it', () => {
    for (const told of [requested({ version: '3.0.0' }, 'req_2'), rollbackRequested('req_2')]) {
      const { events } = completed();
      const dispatched = withDecision([...events, told], catalog);
      const version = told.type === 'UpdateRequested' ? '3.0.0' : '1.0.0';
      const ended = withDecision([...dispatched, runs(version, 'boot_3')], catalog);
      expect(ended.at(-1)?.type).toBe('UpdateCompleted');
      expect(revertsIn(ended)).toEqual([]);
    }
  });

  it('has not reverted where it comes up on that although it was taken back', () => {
    const { events } = completed();
    const dispatched = withDecision([...events, requested({ version: '3.0.0' }, 'req_2')], catalog);
    const { update } = stateOf(dispatched);
    const { update_id = '', number = 0 } = update.status === 'none' ? {} : update.plan;
    const taken = { update_id, number, version: '3.0.0', code: 'rollout-aborted', detail: '' };
    const late = [...dispatched, stored('UpdateCancelled', taken), runs('3.0.0', 'boot_3')];
    decisionOn(late, catalog).thenNothing();
    decisionOn([...late, runs('2.0.0', 'boot_4')], catalog).thenNothing();
  });

  it('still has to keep what it runs where that failed', () => {
    const { events } = completed();
    const dispatched = withDecision([...events, requested({ version: '3.0.0' }, 'req_2')], catalog);
    const { update } = stateOf(dispatched);
    const id = update.status === 'none' ? '' : update.plan.update_id;
    const failed = withDecision([...dispatched, reached(id, 'rebooting'), runs('2.0.0', 'boot_3')], catalog);
    expect(failed.at(-1)).toMatchObject({ type: 'UpdateFailed', data: { code: 'came-back-on-old-version' } });
    expect(decisionOn([...failed, runs('1.0.0', 'boot_4')], catalog).facts()).toMatchObject([
      { type: 'UpdateReverted', data: { version: '2.0.0', runs: '1.0.0', number: 1 } },
    ]);
  });

  it('fails by the code of that update where it comes up on a third version', () => {
    const { events } = completed();
    const dispatched = withDecision([...events, requested({ version: '3.0.0' }, 'req_2')], catalog);
    const ended = withDecision([...dispatched, runs('1.0.0', 'boot_3')], catalog);
    expect(ended.at(-1)).toMatchObject({ type: 'UpdateFailed', data: { code: 'came-back-on-another-version' } });
    expect(revertsIn(withDecision(ended, catalog))).toEqual([]);
  });
});

/** It was brought to 2.0.0, is away, and is to have 3.0.0 as soon as it comes. */
function waiting() {
  const { events, update_id } = completed();
  const wanted = requested({ version: '3.0.0', when_offline: 'queue' }, 'req_2');
  const story = withDecision([...events, disconnected(), wanted], catalog);
  const { update } = stateOf(story);
  if (update.status !== 'queued') throw new Error(`the story starts wrong: ${update.status}`);
  return { events: story, update_id, waits: update.plan.update_id };
}

describe('a device that has a newer update which only waits', () => {
  it('has reverted by anything else that it runs: it was told nothing', () => {
    const { events, update_id } = waiting();
    const back = [...events, runs('1.0.0', 'boot_3')];
    expect(isDue(stateOf(back))).toBe(true);
    expect(decisionOn(back, catalog).facts()).toMatchObject([
      { type: 'UpdateReverted', data: { update_id, runs: '1.0.0' } },
    ]);
    decisionOn(withDecision(back, catalog), catalog).thenNothing();
  });

  it('has not reverted by the version of that, which is not needed any more', () => {
    const { events } = waiting();
    const ended = withDecision([...events, runs('3.0.0', 'boot_3')], catalog);
    expect(ended.at(-1)).toMatchObject({ type: 'UpdateCancelled', data: { code: 'already-on-target' } });
    expect(revertsIn(withDecision(ended, catalog))).toEqual([]);
  });

  it('has reverted also where that ends before the revert is written down', () => {
    const { events, update_id, waits } = waiting();
    const back = [...events, runs('1.0.0', 'boot_3')];
    const taken = stored('UpdateCancelled', {
      ...{ update_id: waits, number: 2, version: '3.0.0', code: 'cancelled', detail: '' },
    });
    for (const end of [taken, runs('3.0.0', 'boot_4')]) {
      const both = withDecision(withDecision([...back, end], catalog), catalog);
      expect(revertsIn(both)).toMatchObject([{ data: { update_id, runs: '1.0.0' } }]);
    }
  });

  it('is not excused for its version once it was taken back', () => {
    const { events, update_id, waits } = waiting();
    const taken = withDecision([...events, cancelRequested(waits)], catalog);
    expect(taken.at(-1)?.type).toBe('UpdateCancelled');
    expect(decisionOn([...taken, runs('3.0.0', 'boot_3')], catalog).facts()).toMatchObject([
      { type: 'UpdateReverted', data: { update_id, runs: '3.0.0' } },
    ]);
  });
});

describe('a newer update that ends without that its device was told', () => {
  const deadline = (update_id: string) => stored('DeadlineReached', { update_id, number: 2 });
  const revoked = () => stored('DeviceRevoked', { revoked_by: 'spec' });
  const reinstated = () => stored('DeviceReinstated', { reinstated_by: 'spec' });
  /** It waited for a device on 2.0.0, until its time ran out or the device was revoked. */
  function untold(how: 'deadline' | 'revocation') {
    const { events, waits } = waiting();
    const end = how === 'deadline' ? [deadline(waits)] : [revoked()];
    const told = storedAll(decisionOn([...events, connected('ses_2')], catalog).facts());
    return { events: [...events, ...end], back: how === 'deadline' ? [] : [reinstated()], told };
  }

  it.each(['deadline', 'revocation'] as const)('excuses nothing that the device does later: %s', (how) => {
    const { events, back } = untold(how);
    const ended = withDecision(events, catalog);
    expect(ended.at(-1)?.type).toBe(how === 'deadline' ? 'UpdateFailed' : 'UpdateCancelled');
    expect(stateOf(ended)).not.toHaveProperty('abandoned_version');
    expect(decisionOn([...ended, ...back, runs('3.0.0', 'boot_3')], catalog).facts()).toMatchObject([
      { type: 'UpdateReverted', data: { version: '2.0.0', runs: '3.0.0' } },
    ]);
  });

  it('excuses it where the device was told before the log said that it ends', () => {
    const { events, back, told } = untold('revocation');
    expect(told.at(-1)?.type).toBe('UpdateDispatched');
    const ended = withDecision([...events, ...told], catalog);
    expect(ended.at(-1)?.type).toBe('UpdateCancelled');
    decisionOn([...ended, ...back, runs('3.0.0', 'boot_3')], catalog).thenNothing();
  });
});

describe('a device that was never updated', () => {
  it('reverts nothing by another version', () => {
    decisionOn([...onlineDevice(), runs('0.9.0', 'boot_2')]).thenNothing();
  });
});
