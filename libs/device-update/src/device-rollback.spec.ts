import { describe, expect, it } from 'vitest';
import type { DataOf, StoredEvent } from '@edgeflow/contracts';
import { GOOD_MAX } from './device-update.state.js';
import { lastGood } from './good.js';
import {
  connected,
  decisionOn,
  disconnected,
  dispatchedUpdate,
  firmware,
  stateOf,
  onlineDevice,
  registered,
  requested,
  runs,
  stored,
  withDecision,
} from './story.fixture.js';

const factory = { ...firmware, firmware_id: 'fw_1', version: '1.0.0' };
const entries = [factory, firmware];
const back = (spec: Partial<DataOf<'RollbackRequested'>> = {}, request_id = 'req_b') =>
  stored('RollbackRequested', spec, request_id);
/** A device that ran these versions one after the other, each in a boot of its own. */
const ran = (...versions: readonly string[]): StoredEvent[] => versions.map((version, n) => runs(version, `boot_${n}`));
const device = (...versions: readonly string[]) => [registered(), connected(), ...ran(...versions)];
const codeOf = (events: readonly StoredEvent[], images = entries) => {
  const [fact] = decisionOn(events, images).facts();
  return [fact?.type, (fact?.data as { code?: string } | undefined)?.code];
};

describe('the last known good version', () => {
  it.each<[string[], string | undefined]>([
    [[], undefined],
    [['1.0.0'], undefined],
    [['1.0.0', '2.0.0'], '1.0.0'],
    [['1.0.0', '2.0.0', '2.0.0'], '1.0.0'],
    [['1.0.0', '2.0.0', '3.0.0'], '2.0.0'],
    // It went back from 2.0.0: that is not good any more.
    [['1.0.0', '2.0.0', '1.0.0'], undefined],
    [['1.0.0', '2.0.0', '3.0.0', '2.0.0'], '1.0.0'],
    [['1.0.0', '2.0.0', '1.0.0', '3.0.0'], '1.0.0'],
  ])('of a device that ran %j is %s', (versions, expected) => {
    expect(lastGood(stateOf(device(...versions)))).toBe(expected);
  });

  it('is not what the device passed through on its way to what it was told', () => {
    const { events } = dispatchedUpdate(undefined, entries);
    const astray = withDecision([...events, runs('0.7.0', 'boot_2')], entries);
    expect(astray.at(-1)).toMatchObject({ type: 'UpdateFailed', data: { code: 'came-back-on-another-version' } });
    expect(stateOf([...astray, runs('2.0.0', 'boot_3')]).good).toEqual(['1.0.0', '2.0.0']);
    const again = withDecision([...astray, requested({}, 'req_2')], entries);
    expect(stateOf([...again, runs('2.0.0', 'boot_3')]).good).toEqual(['1.0.0', '2.0.0']);
    const elsewhere = withDecision([...astray, requested({ version: '1.0.0' }, 'req_2')], entries);
    expect(stateOf([...elsewhere, runs('3.0.0', 'boot_3')]).good).toEqual(['1.0.0', '0.7.0', '3.0.0']);
  });

  it('is remembered over a long life, but not for ever', () => {
    const versions = Array.from({ length: GOOD_MAX + 5 }, (_, n) => `1.${n}.0`);
    const state = stateOf(device(...versions));
    expect(state.good).toHaveLength(GOOD_MAX);
    expect(lastGood(state)).toBe(`1.${GOOD_MAX + 3}.0`);
  });

  it('is not one that the device never came up on', () => {
    const { events, update_id } = dispatchedUpdate(undefined, entries);
    const failed = [
      ...events,
      stored('DeviceProgressReported', { update_id, phase: 'rebooting', progress: 100 }),
      runs('1.0.0', 'boot_9'),
    ];
    expect(stateOf(failed).good).toEqual(['1.0.0']);
  });
});

describe('a request for the rollback of one device', () => {
  it('leads to the version before, and says why on a stream of its own', () => {
    const asked = { reason: 'it rattles', requested_by: 'ann', role: 'operator' };
    const decision = decisionOn([...device('1.0.0', '2.0.0'), back(asked)], entries);
    expect(decision.facts().map(({ type }) => type)).toEqual(['RollbackTriggered', 'UpdateDispatched']);
    expect(decision.facts()[0]?.data).toMatchObject({
      ...{ cause: 'operator', request_id: 'req_b', device_id: 'dev_1', version: '1.0.0' },
      ...{ ...asked, source: '/spec' },
    });
    expect(decision.facts()[0]?.data).toHaveProperty('rollout_id', expect.stringMatching(/^rbk_/));
    expect(decision.facts()[1]?.data).toMatchObject({
      ...{ version: '1.0.0', from_version: '2.0.0', firmware_id: 'fw_1' },
      accepted: { requested_by: 'ann', source: '/spec' },
    });
    expect(decision.facts()[1]?.data).not.toHaveProperty('rollout_id');
  });

  it('leads further back where the version before is not to be had, and names that where none is', () => {
    const events = [...device('1.0.0', '1.1.0', '1.2.0', '2.0.0'), back()];
    const revoked = { ...factory, version: '1.2.0', revoked: true };
    const [first] = decisionOn(events, [revoked, ...entries]).facts();
    expect(first).toMatchObject({ type: 'RollbackTriggered', data: { version: '1.0.0' } });
    expect(decisionOn(events, [revoked, firmware]).facts()).toMatchObject([
      { type: 'UpdateRejected', data: { code: 'firmware-revoked', version: '1.2.0' } },
    ]);
  });

  it('waits for a device that is offline', () => {
    const decision = decisionOn([...device('1.0.0', '2.0.0'), disconnected(), back()], entries);
    expect(decision.facts().map(({ type }) => type)).toEqual(['RollbackTriggered', 'UpdateQueued']);
  });

  it('is done once, however often it is sent', () => {
    const events = withDecision([...device('1.0.0', '2.0.0'), back()], entries);
    decisionOn([...events, back()], entries).thenNothing();
  });

  it('is done when the device says hello with the old version, which has no way back then', () => {
    const events = withDecision([...device('1.0.0', '2.0.0'), back()], entries);
    const done = withDecision([...events, runs('1.0.0', 'boot_9')], entries);
    expect(done.at(-1)?.type).toBe('UpdateCompleted');
    expect(codeOf([...done, back({}, 'req_c')])).toEqual(['UpdateRejected', 'no-good-version']);
  });

  it.each<[string, StoredEvent[], string, (typeof firmware)[]?]>([
    ['of a device that ran one version only', [...device('1.0.0'), back()], 'no-good-version'],
    ['of a device that never said what it runs', [registered(), connected(), back()], 'no-good-version'],
    ['of an unknown device', [back()], 'device-unknown'],
    [
      'of a revoked device',
      [...device('1.0.0', '2.0.0'), stored('DeviceRevoked', { revoked_by: 'x' }), back()],
      'device-revoked',
    ],
    [
      'of a revoked device that ran one version only',
      [registered(), stored('DeviceRevoked', { revoked_by: 'x' }), back()],
      'device-revoked',
    ],
    ['to a version that was never uploaded', [...device('0.1.0', '2.0.0'), back()], 'firmware-unknown'],
    [
      'to a revoked version',
      [...device('1.0.0', '2.0.0'), back()],
      'firmware-revoked',
      [{ ...factory, revoked: true }, firmware],
    ],
  ])('%s is rejected', (_name, events, code, images) => {
    expect(codeOf(events, images)).toEqual(['UpdateRejected', code]);
  });

  it('is rejected while an update is open', () => {
    const events = withDecision([...device('0.9.0', '1.0.0'), requested()], entries);
    const older = { ...factory, version: '0.9.0' };
    expect(codeOf([...events, back()], [older, ...entries])).toEqual(['UpdateRejected', 'update-in-progress']);
  });

  it('of a rollout is nothing of one device', () => {
    const events = [...onlineDevice(), stored('RollbackRequested', { rollout_id: 'rol_1' }, 'req_r')];
    decisionOn(events, entries).thenNothing();
  });
});
