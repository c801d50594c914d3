import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import { spec } from '@edgeflow/testkit/decider-spec';
import { updateDecider } from './device-update.decider.js';
import type { RolloutOrder } from './order.js';
import {
  cancelRequested,
  contextWith,
  decisionOn,
  firmware,
  onlineDevice,
  ordered,
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
const ref = { id: 'evt_wave', correlation_id: 'evt_req' };
const of = { rollout_id: 'rol_1', wave: 0, attempt: 1 };
const order: RolloutOrder = {
  ...{ update_id: 'upd_r', request_id: 'req_r', version: '2.0.0', force: false, when_offline: 'queue', of, ref },
  ...{ key: 'upd_r', never_back: false, expired: false },
};
const then = (events: readonly StoredEvent[], ...said: StoredEvent[]) => withDecision([...events, ...said], catalog);
const verified = (events: readonly StoredEvent[], counted = order) =>
  spec(updateDecider).inState(stateOf(events)).when({ type: 'Verify', counted, device_id: 'dev_1' });

/** A rollout has brought the device from 1.0.0 to 2.0.0. */
function success(counted = order): StoredEvent[] {
  const told = ordered(stateOf(onlineDevice()), counted, contextWith(catalog)).facts();
  return then([...onlineDevice(), ...storedAll(told)], runs('2.0.0', 'boot_2'));
}
/** The same, and told another update since. */
const told = (version: string, force = false) => then(success(), requested({ version, force }, 'req_other'));
const otherOf = (events: readonly StoredEvent[]) => {
  const { update } = stateOf(events);
  if (update.status === 'none') throw new Error('the story starts wrong');
  return update.plan.update_id;
};

const failedOf = (events: readonly StoredEvent[]) =>
  stored('DeviceUpdateReported', {
    ...{ update_id: otherOf(events), outcome: 'failed', code: 'install-failed', message: 'no', reported_by: 'device' },
  });

const reverted = (runs: string) => [
  { type: 'UpdateReverted', data: { update_id: 'upd_r', ...of, version: '2.0.0', code: 'reverted', runs } },
];
const taken = [{ type: 'UpdateSkipped', data: { update_id: 'upd_r', ...of, version: '2.0.0', code: 'superseded' } }];

describe('a success that a rollout counts', () => {
  it('holds while the device runs the version, whatever it was told since', () => {
    verified(success()).thenNothing();
    verified(told('2.0.0', true)).thenNothing();
    verified(then(told('2.0.0', true), reached('x', 'installing'), runs('2.0.0', 'boot_3'))).thenNothing();
  });

  it('did not last where the device goes back after another update of the same version', () => {
    const forced = told('2.0.0', true);
    const again = then([...forced, reached(otherOf(forced), 'rebooting')], runs('2.0.0', 'boot_3'));
    expect(again.at(-1)?.type).toBe('UpdateCompleted');
    const back = runs('1.0.0', 'boot_4');
    // That the other one was not kept is written down first.
    verified([...again, back]).thenNothing();
    const written = then(again, back);
    expect(written.at(-1)).toMatchObject({ type: 'UpdateReverted', data: { update_id: otherOf(forced) } });
    const decided = verified(written);
    expect(decided.facts()).toMatchObject(reverted('1.0.0'));
    expect(decided.grounds().cause).toMatchObject({ id: back.id });
    expect(verified([...written, ...storedAll(decided.facts())]).facts()).not.toMatchObject(reverted('1.0.0'));
  });

  it('did not last where an update elsewhere falls back to the old version', () => {
    const elsewhere = told('3.0.0');
    const failed = then([...elsewhere, reached(otherOf(elsewhere), 'rebooting')], runs('1.0.0', 'boot_3'));
    expect(failed.at(-1)).toMatchObject({ type: 'UpdateFailed' });
    expect(verified(failed).facts()).toMatchObject(reverted('1.0.0'));
  });

  it('is not known to last while the device is told something', () => {
    const elsewhere = told('3.0.0');
    verified([...elsewhere, reached(otherOf(elsewhere), 'rebooting'), runs('1.0.0', 'boot_3')]).thenNothing();
  });

  it.each<[string, () => StoredEvent[]]>([
    ['was updated to another version', () => then(told('3.0.0'), runs('3.0.0', 'boot_3'))],
    [
      'was rolled back by somebody',
      () => then(then(success(), rollbackRequested('req_back')), runs('1.0.0', 'boot_3')),
    ],
    [
      'comes up on an update that was taken back',
      () => {
        const elsewhere = told('3.0.0');
        return then(then(elsewhere, cancelRequested(otherOf(elsewhere))), runs('3.0.0', 'boot_3'));
      },
    ],
    [
      'said that it had failed to go elsewhere, and runs that all the same',
      () =>
        then(then([...told('3.0.0'), reached('x', 'installing')], failedOf(told('3.0.0'))), runs('3.0.0', 'boot_3')),
    ],
    [
      'runs what it said to have failed at, before that end is decided',
      () => {
        const elsewhere = told('3.0.0');
        return then([...elsewhere, failedOf(elsewhere), runs('3.0.0', 'boot_3')]);
      },
    ],
    [
      'said that its way back had failed, and runs what that led to',
      () => {
        const back = then(success(), rollbackRequested('req_back'));
        return then(then(back, failedOf(back)), runs('1.0.0', 'boot_3'));
      },
    ],
    [
      'was updated elsewhere, and went back from there',
      () => then(then(told('3.0.0'), runs('3.0.0', 'boot_3')), runs('1.0.0', 'boot_4')),
    ],
  ])('is no evidence where the device %s', (_how, story) => {
    expect(verified(story()).facts()).toMatchObject(taken);
  });

  it('is no evidence once its device was taken out of service', () => {
    const out = stored('DeviceRevoked', { revoked_by: 'ops' });
    expect(verified([...success(), out]).facts()).toMatchObject([
      { type: 'UpdateSkipped', data: { update_id: 'upd_r', ...of, code: 'device-revoked' } },
    ]);
  });

  it('is no evidence where another rollout has the device', () => {
    const later = { ...order, update_id: 'upd_3', version: '3.0.0', key: 'upd_3', of: { ...of, rollout_id: 'rol_2' } };
    const before = success();
    const next = storedAll(ordered(stateOf(before), later, contextWith(catalog)).facts());
    expect(verified(then([...before, ...next], runs('3.0.0', 'boot_3'))).facts()).toMatchObject(taken);
  });

  it('is left to what says so itself where the device goes back from it', () => {
    const back = [...success(), runs('1.0.0', 'boot_3')];
    verified(back).thenNothing();
    expect(decisionOn(back, catalog).facts()).toMatchObject(reverted('1.0.0'));
  });
});
