import { describe, expect, it } from 'vitest';
import {
  contextWith,
  at,
  connected,
  decisionOn,
  disconnected,
  dispatchedUpdate,
  firmware,
  stateOf,
  onlineDevice,
  reached,
  registered,
  requested,
  runs,
  stored,
  rollbackRequested,
  withDecision,
  proceed,
} from './story.fixture.js';
import { isDue } from './device-update.decider.js';

const firstOf = (decision: ReturnType<typeof decisionOn>) => decision.facts()[0]?.data;

describe('a rollback of one device', () => {
  it('leads to the version before the one that runs', () => {
    const decision = decisionOn(
      [...onlineDevice(), runs('2.0.0', 'boot_2'), rollbackRequested()],
      [firmware, { ...firmware, version: '1.0.0' }],
    );
    decision.thenTypes(['RollbackTriggered', 'UpdateDispatched']);
    expect(decision.facts()[1]?.data).toMatchObject({ version: '1.0.0', from_version: '2.0.0' });
  });

  const revoked = stored('DeviceRevoked', { revoked_by: 'x' });
  it.each([
    ['of an unknown device', 'device-unknown', [rollbackRequested()]],
    ['of a revoked device', 'device-revoked', [registered(), revoked, rollbackRequested()]],
    ['of a device that ran nothing before', 'no-good-version', [...onlineDevice(), rollbackRequested()]],
  ] as const)('%s is rejected with %s', (_name, code, events) => {
    expect(decisionOn([...events]).facts()).toMatchObject([{ type: 'UpdateRejected', data: { code } }]);
  });
});

describe('a revoked device', () => {
  it('is still of its fleet, so that rollouts count it', () => {
    const { registration } = stateOf([registered('m1'), stored('DeviceRevoked', { revoked_by: 'x' })]);
    expect(registration).toEqual({ status: 'revoked', model: 'm1', tags: [] });
  });
});

describe('a request for one device', () => {
  it('is accepted and dispatched at once when the device is online', () => {
    const decision = decisionOn([...onlineDevice(), requested()]);
    decision.thenTypes(['UpdateDispatched']);
    expect(decision.facts()[0]?.data).toMatchObject({
      accepted: { when_offline: 'reject' },
      number: 1,
      version: '2.0.0',
      from_version: '1.0.0',
      from_boot_id: 'boot_1',
      sha256: firmware.sha256,
      key: firmware.key,
      force: false,
      deadline_at: new Date(at.getTime() + 3_600_000).toISOString(),
    });
  });

  it('counts the updates of a device', () => {
    const { events, update_id } = dispatchedUpdate();
    const done = withDecision([...events, runs('2.0.0', 'boot_2')]);
    const again = decisionOn([...done, requested({ force: true }, 'req_2')]);
    expect(firstOf(again)).toMatchObject({ number: 2 });
    expect(firstOf(again)).not.toMatchObject({ update_id });
  });

  it('takes the deadline that it asks for', () => {
    const decision = decisionOn([...onlineDevice(), requested({ deadline_s: 60 })]);
    expect(firstOf(decision)).toMatchObject({ deadline_at: '2026-02-21T12:01:00.000Z' });
  });

  const refusals: [string, string, Parameters<typeof decisionOn>][] = [
    ['of an unknown device', 'device-unknown', [[requested()]]],
    [
      'of a revoked device',
      'device-revoked',
      [[...onlineDevice(), stored('DeviceRevoked', { revoked_by: 'x' }), requested()]],
    ],
    ['for an unknown version', 'firmware-unknown', [[...onlineDevice(), requested({ version: '9.0.0' })]]],
    ['for another model', 'model-mismatch', [[registered('m2'), connected(), requested()]]],
    [
      'for a revoked firmware',
      'firmware-revoked',
      [[...onlineDevice(), requested()], [{ ...firmware, revoked: true }]],
    ],
    [
      'below the oldest version allowed',
      'min-version-not-met',
      [[...onlineDevice(), requested()], [{ ...firmware, min_version: '1.5.0' }]],
    ],
    ['of an offline device', 'device-offline', [[...onlineDevice(), disconnected(), requested()]]],
  ];
  it.each(refusals)('%s is rejected with %s', (_name, code, [events, entries]) => {
    const decision = decisionOn(events, entries);
    decision.thenTypes(['UpdateRejected']);
    expect(firstOf(decision)).toMatchObject({ code, request_id: 'req_1', device_id: 'dev_1' });
  });

  it('is rejected while another update is open, which stays open', () => {
    const { events, update_id } = dispatchedUpdate();
    const rejected = withDecision([...events, requested({}, 'req_2')]);
    expect(rejected.at(-1)).toMatchObject({ type: 'UpdateRejected', data: { code: 'update-in-progress' } });
    expect(stateOf(rejected).update).toMatchObject({ status: 'dispatched', plan: { update_id } });
  });

  it('is skipped when the device is on the target, unless it is forced', () => {
    const device = [registered(), connected(), runs('2.0.0', 'boot_1')];
    expect(decisionOn([...device, requested()]).facts()[0]).toMatchObject({
      type: 'UpdateSkipped',
      data: { code: 'already-on-target' },
    });
    decisionOn([...device, requested({ force: true })]).thenTypes(['UpdateDispatched']);
  });

  it('gets one answer, however often it is sent', () => {
    const { events } = dispatchedUpdate();
    decisionOn([...events, requested()]).thenNothing();
  });

  it('is decided the same way twice, to the key', () => {
    const state = stateOf([...onlineDevice(), requested()]);
    const [one, other] = [proceed(state, contextWith()), proceed(state, contextWith())];
    one.then(other.facts());
    expect(one.grounds()).toEqual(other.grounds());
  });

  it('names the request as its cause', () => {
    const request = requested();
    expect(decisionOn([...onlineDevice(), request]).grounds().cause).toMatchObject({
      id: request.id,
      correlation_id: request.id,
    });
  });
});

describe('an update that waits for its device', () => {
  const waiting = () => withDecision([...onlineDevice(), disconnected(), requested({ when_offline: 'queue' })]);

  it('is accepted and nothing more while the device is away', () => {
    expect(waiting().at(-1)?.type).toBe('UpdateQueued');
    decisionOn(waiting()).thenNothing();
    expect(isDue(stateOf(waiting()))).toBe(false);
  });

  it('is dispatched when the device connects, in the chain of its request', () => {
    const request = requested({ when_offline: 'queue' });
    const events = withDecision([...onlineDevice(), disconnected(), request]);
    const decision = decisionOn([...events, connected('ses_2')]);
    decision.thenTypes(['UpdateDispatched']);
    expect(stateOf(events).update).toMatchObject({ plan: { request_id: 'req_1' } });
  });

  it('is not needed any more when the device comes with the new version by itself, and was not done', () => {
    const [end, ...more] = decisionOn([...waiting(), runs('2.0.0', 'boot_2')]).facts();
    expect(end).toMatchObject({ type: 'UpdateCancelled', data: { code: 'already-on-target' } });
    expect(more).toEqual([]);
  });

  it('is cancelled when its firmware was revoked meanwhile', () => {
    const decision = decisionOn([...waiting(), connected('ses_2')], [{ ...firmware, revoked: true }]);
    expect(decision.facts()[0]).toMatchObject({ type: 'UpdateCancelled', data: { code: 'firmware-revoked' } });
  });

  it('fails at its deadline', () => {
    const events = waiting();
    const { update } = stateOf(events);
    const id = update.status === 'none' ? '' : update.plan.update_id;
    const late = stored('DeadlineReached', { update_id: id, number: 1 });
    expect(decisionOn([...events, late]).facts()[0]).toMatchObject({
      type: 'UpdateFailed',
      data: { code: 'deadline-exceeded' },
    });
  });
});

describe('a dispatched update', () => {
  it('completes when the device says hello with the new version, and is not due before', () => {
    const { events, update_id } = dispatchedUpdate();
    const working = [...events, reached(update_id, 'downloading'), reached(update_id, 'rebooting')];
    decisionOn(working).thenNothing();
    const decision = decisionOn([...working, runs('2.0.0', 'boot_2')]);
    expect(decision.facts()).toEqual([
      {
        type: 'UpdateCompleted',
        data: { update_id, number: 1, device_id: 'dev_1', version: '2.0.0', firmware_id: 'fw_2', boot_id: 'boot_2' },
      },
    ]);
  });

  it('fails when the device comes back from the install on the old version', () => {
    const { events, update_id } = dispatchedUpdate();
    const decision = decisionOn([...events, reached(update_id, 'rebooting'), runs('1.0.0', 'boot_2')]);
    expect(decision.facts()[0]).toMatchObject({ type: 'UpdateFailed', data: { code: 'came-back-on-old-version' } });
  });

  it('goes on after a power cut during the download', () => {
    const { events, update_id } = dispatchedUpdate();
    const rebooted = [...events, reached(update_id, 'downloading'), runs('1.0.0', 'boot_2')];
    decisionOn(rebooted).thenNothing();
    // The boot in which it installs is the new one: a lost tunnel during the install is no reboot.
    decisionOn([...rebooted, reached(update_id, 'installing'), runs('1.0.0', 'boot_2')]).thenNothing();
  });

  it('of the version that runs (force) needs a reboot after the install as proof', () => {
    const same = { ...firmware, version: '1.0.0' };
    const { events, update_id } = dispatchedUpdate({ version: '1.0.0', force: true }, [same]);
    decisionOn([...events, reached(update_id, 'downloading'), runs('1.0.0', 'boot_2')]).thenNothing();
    const proven = decisionOn([...events, reached(update_id, 'rebooting'), runs('1.0.0', 'boot_2')]);
    proven.thenTypes(['UpdateCompleted']);
  });

  it('fails with the code that the device gives', () => {
    const { events, update_id } = dispatchedUpdate();
    const report = {
      update_id,
      outcome: 'failed',
      code: 'checksum-mismatch',
      message: 'no',
      reported_by: 'device',
    } as const;
    const decision = decisionOn([...events, stored('DeviceUpdateReported', report)]);
    expect(decision.facts()[0]).toMatchObject({
      type: 'UpdateFailed',
      data: { code: 'checksum-mismatch', detail: 'no' },
    });
  });

  it.each([
    ['firmware-revoked', 'gateway', 'UpdateCancelled'],
    ['firmware-revoked', 'device', 'UpdateFailed'],
    ['signing-key-revoked', 'gateway', 'UpdateCancelled'],
    ['signing-key-revoked', 'device', 'UpdateFailed'],
    ['signature-required', 'gateway', 'UpdateCancelled'],
    ['manifest-expired', 'gateway', 'UpdateCancelled'],
    ['manifest-expired', 'device', 'UpdateFailed'],
    ['signing-key-unknown', 'gateway', 'UpdateFailed'],
  ] as const)('whose image is not to be installed any more, %s as the %s says: %s', (code, reported_by, type) => {
    const { events, update_id } = dispatchedUpdate();
    const report = { update_id, outcome: 'failed', code, message: 'no', reported_by } as const;
    const decision = decisionOn([...events, stored('DeviceUpdateReported', report)]);
    expect(decision.facts()[0]).toMatchObject({ type, data: { code } });
  });

  it('is cancelled when the device is revoked', () => {
    const { events } = dispatchedUpdate();
    const decision = decisionOn([...events, stored('DeviceRevoked', { revoked_by: 'x' })]);
    expect(decision.facts()[0]).toMatchObject({ type: 'UpdateCancelled', data: { code: 'device-revoked' } });
  });

  it('does not hear reports of another update', () => {
    const { events } = dispatchedUpdate();
    const report = { update_id: 'upd_x', outcome: 'failed', code: 'x', message: '', reported_by: 'device' } as const;
    const late = stored('DeadlineReached', { update_id: 'upd_x', number: 7 });
    decisionOn([...events, stored('DeviceUpdateReported', report), late]).thenNothing();
  });

  it('ends once: what comes after the first evidence changes nothing', () => {
    const { events, update_id } = dispatchedUpdate();
    const late = stored('DeadlineReached', { update_id, number: 1 });
    expect(decisionOn([...events, runs('2.0.0', 'boot_2'), late]).facts()[0]?.type).toBe('UpdateCompleted');
  });
});

describe('presence', () => {
  it('is not lost by the late goodbye of an older tunnel', () => {
    const events = [...onlineDevice(), connected('ses_2'), disconnected('ses_1'), requested()];
    decisionOn(events).thenTypes(['UpdateDispatched']);
  });
});
