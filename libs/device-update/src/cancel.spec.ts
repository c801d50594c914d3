import { describe, expect, it } from 'vitest';
import { PHASES, type StoredEvent } from '@edgeflow/contracts';
import {
  cancelRequested,
  connected,
  decisionOn,
  disconnected,
  dispatchedUpdate,
  firmware,
  onlineDevice,
  reached,
  registered,
  requested,
  runs,
  stateOf,
  stored,
  withDecision,
} from './story.fixture.js';

const third = { ...firmware, firmware_id: 'fw_3', version: '3.0.0' };
const entries = [firmware, third];
const decided = (events: readonly StoredEvent[]) => decisionOn(events, entries).facts();
const codeOf = (events: readonly StoredEvent[]) => {
  const [fact] = decided(events);
  return [fact?.type, (fact?.data as { code?: string } | undefined)?.code];
};

/** A device whose update to 2.0.0 was given up while it installed it. */
function abandoned(): StoredEvent[] {
  const { events, update_id } = dispatchedUpdate(undefined, entries);
  const installing = [...events, reached(update_id, 'installing'), disconnected()];
  return withDecision([...installing, cancelRequested(update_id, { force: true })], entries);
}

describe('taking one update back', () => {
  it('ends one that waits for its device', () => {
    const waiting = withDecision([registered(), requested({ when_offline: 'queue' })]);
    const { update } = stateOf(waiting);
    const update_id = update.status === 'queued' ? update.plan.update_id : '';
    const who = { reason: 'wrong device', requested_by: 'ann', role: 'operator' };
    expect(decided([...waiting, cancelRequested(update_id, who)])).toEqual([
      {
        type: 'UpdateCancelled',
        data: {
          ...{ update_id, number: 1, device_id: 'dev_1', version: '2.0.0' },
          ...{ code: 'cancelled', detail: 'wrong device', request_id: 'req_cancel', ...who, source: '/spec' },
        },
      },
    ]);
  });

  it.each(PHASES)('while %s goes by the phase, and with force in any', (phase) => {
    const { events, update_id } = dispatchedUpdate();
    const told = [...events, reached(update_id, phase)];
    const isInstalling = phase === 'installing' || phase === 'rebooting';
    const [refused, given_up] = [['UpdateCancelRefused', 'update-installing'], 'abandoned'] as const;
    expect(codeOf([...told, cancelRequested(update_id)])).toEqual(
      isInstalling ? refused : ['UpdateCancelled', 'cancelled'],
    );
    expect(codeOf([...told, cancelRequested(update_id, { force: true })])).toEqual([
      'UpdateCancelled',
      isInstalling ? given_up : 'cancelled',
    ]);
  });

  it('goes before what is offered to a device that comes, and before other requests', () => {
    const waiting = withDecision([registered(), requested({ when_offline: 'queue' })]);
    const { update } = stateOf(waiting);
    const update_id = update.status === 'queued' ? update.plan.update_id : '';
    const events = [...waiting, requested({}, 'req_2'), cancelRequested(update_id), connected()];
    const cancelled = withDecision(events);
    expect(cancelled.at(-1)?.type).toBe('UpdateCancelled');
    expect(decided(cancelled)[0]?.type).toBe('UpdateDispatched');
  });

  it('names the rollout that wanted it', () => {
    const { events, update_id } = dispatchedUpdate();
    const ofRollout = events.map((event) =>
      event.type === 'UpdateDispatched' ? { ...event, data: { ...event.data, rollout_id: 'rol_1', wave: 1 } } : event,
    ) as StoredEvent[];
    const [fact] = decided([...ofRollout, cancelRequested(update_id)]);
    expect(fact?.data).toMatchObject({ rollout_id: 'rol_1', wave: 1, request_id: 'req_cancel' });
  });

  it.each<[string, (update_id: string) => StoredEvent[], string]>([
    ['ended', () => [runs('2.0.0', 'boot_2')], 'update-ended'],
    ['been taken back', (id) => [stored('UpdateCancelled', { ...ended(id) })], 'update-ended'],
  ])('is refused once it has %s', (_name, how, code) => {
    const { events, update_id } = dispatchedUpdate();
    const over = withDecision([...events, ...how(update_id)]);
    expect(codeOf([...over, cancelRequested(update_id)])).toEqual(['UpdateCancelRefused', code]);
  });

  it('is refused of a device that never had one', () => {
    expect(codeOf([...onlineDevice(), cancelRequested('upd_x')])).toEqual(['UpdateCancelRefused', 'update-unknown']);
  });

  it('is answered once, however often it is sent', () => {
    const { events, update_id } = dispatchedUpdate();
    const done = withDecision([...events, cancelRequested(update_id)]);
    decisionOn([...done, cancelRequested(update_id)]).thenNothing();
  });
});

describe('an update that its device has put off', () => {
  const puts_off = (update_id: string) =>
    stored('DeviceUpdatePostponed', { update_id, for_s: 600, until: '2026-02-21T12:10:00.000Z' });
  const put_off = () => {
    const { events, update_id } = dispatchedUpdate(undefined, entries);
    return { events: withDecision([...events, puts_off(update_id)], entries), update_id };
  };

  it('may be what the device comes up on, although it was taken back: it was told of it', () => {
    const { events, update_id } = put_off();
    const taken = withDecision([...events, cancelRequested(update_id)], entries);
    expect(taken.at(-1)?.type).toBe('UpdateCancelled');
    expect(stateOf(taken)).toHaveProperty('abandoned_version', '2.0.0');
  });

  it('is not taken back without force once the device installs it all the same', () => {
    const { events, update_id } = put_off();
    const begun = [...events, reached(update_id, 'installing')];
    expect(stateOf(begun).update.status).toBe('queued');
    expect(codeOf([...begun, cancelRequested(update_id)])).toEqual(['UpdateCancelRefused', 'update-installing']);
    expect(codeOf([...begun, cancelRequested(update_id, { force: true })])).toEqual(['UpdateCancelled', 'abandoned']);
    const loading = [...events, reached(update_id, 'downloading')];
    expect(codeOf([...loading, cancelRequested(update_id)])).toEqual(['UpdateCancelled', 'cancelled']);
  });

  it('is not what one comes up on that waits for its device and was never told of it', () => {
    const waiting = withDecision([registered(), requested({ when_offline: 'queue' })]);
    const { update } = stateOf(waiting);
    const update_id = update.status === 'queued' ? update.plan.update_id : '';
    expect(stateOf(withDecision([...waiting, cancelRequested(update_id)]))).not.toHaveProperty('abandoned_version');
  });
});

describe('a device whose update was given up while it installed it', () => {
  it('is free for another one at once', () => {
    const next = withDecision([...abandoned(), connected('ses_2'), requested({ version: '3.0.0' }, 'req_2')], entries);
    expect(next.at(-1)?.type).toBe('UpdateDispatched');
    expect(next.at(-1)?.data).toMatchObject({
      accepted: { when_offline: 'reject' },
      version: '3.0.0',
      abandoned_version: '2.0.0',
    });
  });

  it.each(['1.0.0', '2.0.0'])('has what it runs as it says, and no second end, when it comes up on %s', (version) => {
    const back = [...abandoned(), connected('ses_2'), runs(version, 'boot_2')];
    decisionOn(back, entries).thenNothing();
    expect(stateOf(back).running).toMatchObject({ version });
  });

  it('fails nothing of the next update by coming up on what was given up', () => {
    const next = withDecision([...abandoned(), connected('ses_2'), requested({ version: '3.0.0' }, 'req_2')], entries);
    const up = [...next, runs('2.0.0', 'boot_2')];
    expect(stateOf(up).update.status).toBe('dispatched');
    expect(withDecision([...up, runs('3.0.0', 'boot_3')], entries).at(-1)?.type).toBe('UpdateCompleted');
    expect(codeOf([...up, runs('4.0.0', 'boot_3')])).toEqual(['UpdateFailed', 'came-back-on-another-version']);
  });

  it('may be told the same version again, and comes up on it', () => {
    const next = withDecision([...abandoned(), connected('ses_2'), requested({}, 'req_2')], entries);
    expect(withDecision([...next, runs('2.0.0', 'boot_2')], entries).at(-1)?.type).toBe('UpdateCompleted');
  });

  it('is known no longer for it once it came up on it', () => {
    expect(stateOf([...abandoned(), runs('2.0.0', 'boot_2')])).not.toHaveProperty('abandoned_version');
    expect(stateOf([...abandoned(), runs('1.0.0', 'boot_2')])).toHaveProperty('abandoned_version', '2.0.0');
  });
});

const ended = (update_id: string) => ({ update_id, number: 1, version: '2.0.0', code: 'x', detail: '' });
