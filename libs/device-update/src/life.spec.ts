import { describe, expect, it } from 'vitest';
import type { UnreadEvent } from '@edgeflow/contracts';
import { pass } from './device-update.evolve.js';
import { unknownDevice } from './device-update.state.js';
import {
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
  storedAll,
  withDecision,
} from './story.fixture.js';
import { updateDecider } from './device-update.decider.js';

const removed = () => stored('DeviceRemoved', { removed_by: 'spec' });
const changed = (model = 'm1', fleet?: string) =>
  stored('DeviceChanged', { model, tags: ['x'], changed: ['fleet'], changed_by: 'spec', ...(fleet && { fleet }) });
const revoked = () => stored('DeviceRevoked', { revoked_by: 'spec' });
const says = (update_id: string) =>
  stored('DeviceUpdateReported', {
    ...{ update_id, outcome: 'failed', code: 'install-failed', message: 'no', reported_by: 'device' },
  });
const reinstated = () => stored('DeviceReinstated', { reinstated_by: 'spec' });

describe('a device that is changed', () => {
  it('is chosen by what it is now, and goes on with its update', () => {
    const { events } = dispatchedUpdate();
    const state = stateOf([...events, changed('m1', 'south')]);
    expect(state.registration).toEqual({ status: 'registered', model: 'm1', fleet: 'south', tags: ['x'] });
    expect(state.update.status).toBe('dispatched');
    expect(stateOf([...events, changed('m1', 'south'), changed()]).registration).not.toHaveProperty('fleet');
  });

  it('is not to install what is for the model before, unless it does already', () => {
    const { events, update_id } = dispatchedUpdate();
    decisionOn([...events, changed('m2')]).thenTypes(['UpdateCancelled']);
    expect(decisionOn([...events, changed('m2')]).facts()[0]?.data).toMatchObject({
      update_id,
      code: 'model-mismatch',
    });
    decisionOn([...events, reached(update_id, 'installing'), changed('m2')]).thenNothing();
  });

  it('finishes what it has put off and installs all the same, whatever that is for', () => {
    const { events, update_id } = dispatchedUpdate();
    const until = new Date(Date.parse('2026-12-01T00:00:00Z')).toISOString();
    const off = withDecision([...events, stored('DeviceUpdatePostponed', { update_id, for_s: 600, until })]);
    expect(stateOf(off).update.status).toBe('queued');
    decisionOn([...off, changed('m2')]).thenTypes(['UpdateCancelled']);
    decisionOn([...off, reached(update_id, 'downloading'), changed('m2')]).thenTypes(['UpdateCancelled']);
    const installing = [...off, reached(update_id, 'installing')];
    decisionOn([...installing, changed('m2')]).thenTypes(['UpdateDispatched']);
    decisionOn(installing, [{ ...firmware, revoked: true }]).thenTypes(['UpdateDispatched']);
  });

  it('is not to install it either when the order was decided on before the log said so', () => {
    const device = onlineDevice();
    const order = storedAll(decisionOn([...device, requested()]).facts());
    decisionOn([...device, changed('m2'), ...order]).thenTypes(['UpdateCancelled']);
  });
});

describe('a device that was revoked and is let in again', () => {
  it('may be told again', () => {
    const events = [...onlineDevice(), changed('m1', 'south'), revoked(), reinstated()];
    expect(stateOf(events).registration).toEqual({ status: 'registered', model: 'm1', fleet: 'south', tags: ['x'] });
    decisionOn([...events, requested()]).thenTypes(['UpdateDispatched']);
  });
});

describe('a device that is taken out of service', () => {
  it('ends its update, and is unknown to whoever asks', () => {
    const { events, update_id } = dispatchedUpdate();
    const end = decisionOn([...events, removed()]);
    end.thenTypes(['UpdateCancelled']);
    expect(end.facts()[0]?.data).toMatchObject({ update_id, code: 'device-removed', device_removed: true });
    const asked = withDecision([...onlineDevice(), removed(), requested()]);
    expect(asked.at(-1)).toMatchObject({ type: 'UpdateRejected', data: { code: 'device-unknown' } });
  });

  it('leaves nothing to the one that has its id then, but numbers that go on', () => {
    const { events } = dispatchedUpdate();
    const late = [disconnected(), ...storedAll(decisionOn([...events, removed()]).facts())];
    const [gone, next] = [removed(), registered('m2')];
    const { removal, signing, ...rest } = stateOf([...events, gone, next, ...late]);
    expect(rest).toEqual({
      ...unknownDevice,
      registration: { status: 'registered', model: 'm2', tags: [] },
      answered: ['req_1'],
      last_number: 1,
    });
    expect(removal?.position).toBe(gone.position);
    expect(signing).toEqual({ enrolled_at: next.position });
  });

  it('says of its update that the device is gone, by whatever it had ended before', () => {
    const { events, update_id } = dispatchedUpdate();
    const ends = [stored('DeadlineReached', { update_id, number: 1 }), revoked(), says(update_id)];
    const late = ends.map((end) => decisionOn([...events, end, removed(), registered()]).facts()[0]?.data);
    const codes = ['deadline-exceeded', 'device-revoked', 'install-failed'];
    expect(late).toMatchObject(codes.map((code) => ({ update_id, code, device_removed: true })));
    const stays = ends.map((end) => decisionOn([...events, end]).facts()[0]?.data);
    for (const data of stays) expect(data).not.toHaveProperty('device_removed');
  });

  it('leaves no release counter to it, whatever its last update proved', () => {
    const { events, update_id } = dispatchedUpdate({}, [{ ...firmware, release_counter: 7 }]);
    const installed = [...events, reached(update_id, 'rebooting'), connected('ses_2'), runs('2.0.0', 'boot_2')];
    const gone = [...installed, removed()];
    const state = stateOf([...gone, ...storedAll(decisionOn(gone).facts()), registered()]);
    expect(state.highest_counter).toBeUndefined();
    expect(state.update.status).toBe('none');
  });

  it('is told nothing that was decided on before the log said so', () => {
    const device = onlineDevice();
    const order = storedAll(decisionOn([...device, requested()]).facts());
    const end = decisionOn([...device, removed(), ...order]);
    end.thenTypes(['UpdateCancelled']);
    expect(end.facts()[0]?.data).toMatchObject({ device_removed: true });
  });

  it('is gone in whatever words', () => {
    const unread = { type: 'DeviceRemoved', id: 'evt_9', position: 99 } as UnreadEvent;
    expect(pass(stateOf(onlineDevice()), unread)).toMatchObject({
      ...{ registration: { status: 'unknown' }, presence: { status: 'offline' }, removal: { position: 99 } },
    });
  });

  it('is no device any more that a rollout waits for', () => {
    const order = {
      ...{ update_id: 'upd_9', request_id: 'req_9', version: '2.0.0', key: 'upd_9' },
      ...{ of: { rollout_id: 'ro_1', wave: 1, attempt: 1 }, ref: { id: 'evt_1', correlation_id: 'evt_0' } },
    };
    const decided = updateDecider.decide({ type: 'Leave', order, device_id: 'dev_1' }, unknownDevice);
    expect(decided).toMatchObject({
      facts: [{ type: 'UpdateSkipped', data: { code: 'device-removed', rollout_id: 'ro_1', wave: 1 } }],
    });
  });
});
