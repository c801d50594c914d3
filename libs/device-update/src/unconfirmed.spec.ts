import { describe, expect, it } from 'vitest';
import { lastGood } from './good.js';
import {
  at,
  connected,
  contextWith,
  decisionOn,
  disconnected,
  dispatchedUpdate,
  firmware,
  onlineDevice,
  proceed,
  reached,
  registered,
  requested,
  runs,
  stateOf,
  stored,
  withDecision,
} from './story.fixture.js';

/** It runs the version, and its boot loader may still take it back. */
const tries = (version: string, boot_id: string) =>
  stored('DeviceVersionReported', { version, boot_id, model: 'm1', confirmed: false });
const confirms = (version: string, boot_id: string) =>
  stored('DeviceVersionReported', { version, boot_id, model: 'm1', confirmed: true });

describe('a new version that is not confirmed', () => {
  it('is no success yet, however often it is said', () => {
    const { events } = dispatchedUpdate();
    decisionOn([...events, tries('2.0.0', 'boot_2'), tries('2.0.0', 'boot_3'), tries('2.0.0', 'boot_4')]).thenNothing();
  });

  it.each([confirms, runs])('is one once it is confirmed, or nothing is said of that any more', (says) => {
    const { events } = dispatchedUpdate();
    decisionOn([...events, tries('2.0.0', 'boot_2'), says('2.0.0', 'boot_2')]).thenTypes(['UpdateCompleted']);
  });

  it('that the device goes back from has failed', () => {
    const { events, update_id } = dispatchedUpdate();
    for (const said of [[], [reached(update_id, 'rebooting')]]) {
      const story = [...events, ...said, tries('2.0.0', 'boot_2'), runs('1.0.0', 'boot_3')];
      expect(decisionOn(story).facts()).toMatchObject([
        { type: 'UpdateFailed', data: { code: 'came-back-on-old-version' } },
      ]);
    }
  });

  it('fails at the deadline, which says so, and at no phase of its own', () => {
    const { events, update_id } = dispatchedUpdate();
    const told = events.map((event) =>
      event.type === 'UpdateDispatched' ? { ...event, data: { ...event.data, deadlines: { rebooting_s: 60 } } } : event,
    ) as typeof events;
    const state = stateOf([...told, reached(update_id, 'rebooting'), tries('2.0.0', 'boot_2')]);
    const after = (s: number) => proceed(state, { ...contextWith(), at: new Date(at.getTime() + s * 1000) });
    after(61).thenNothing();
    expect(after(3_600).facts().at(-1)).toMatchObject({
      type: 'UpdateFailed',
      data: { code: 'deadline-exceeded', detail: expect.stringContaining('had not confirmed it') as string },
    });
  });

  it('is no good version to go back to', () => {
    const { events } = dispatchedUpdate();
    const tried = [...events, tries('2.0.0', 'boot_2')];
    expect(stateOf(tried).good).toEqual(['1.0.0']);
    expect(lastGood(stateOf(tried))).toBe('1.0.0');
    expect(stateOf([...tried, confirms('2.0.0', 'boot_2')]).good).toEqual(['1.0.0', '2.0.0']);
  });

  it('that ran before (force) is one by the confirmation after the reboot', () => {
    const same = { ...firmware, version: '1.0.0' };
    const { events, update_id } = dispatchedUpdate({ version: '1.0.0', force: true }, [same]);
    const tried = [...events, reached(update_id, 'rebooting'), tries('1.0.0', 'boot_2')];
    decisionOn(tried).thenNothing();
    decisionOn([...tried, confirms('1.0.0', 'boot_2')]).thenTypes(['UpdateCompleted']);
  });
});

describe('an order for a device that tries the version already', () => {
  it('is not needless, and completed by the confirmation', () => {
    const trying = [...onlineDevice(), tries('2.0.0', 'boot_2'), requested()];
    const told = withDecision(trying);
    expect(told.at(-1)?.type).toBe('UpdateDispatched');
    expect(told.at(-1)?.data).not.toHaveProperty('from_version');
    decisionOn(told).thenNothing();
    decisionOn([...told, confirms('2.0.0', 'boot_2')]).thenTypes(['UpdateCompleted']);
  });

  it('that waited for it is completed by the confirmation too', () => {
    const waiting = withDecision([
      ...[registered(), connected(), runs('1.0.0', 'boot_1'), disconnected()],
      requested({ when_offline: 'queue' }),
    ]);
    const told = withDecision([...waiting, tries('2.0.0', 'boot_2'), connected('ses_2')]);
    expect(told.at(-1)?.type).toBe('UpdateDispatched');
    decisionOn([...told, confirms('2.0.0', 'boot_2')]).thenTypes(['UpdateCompleted']);
  });
});
