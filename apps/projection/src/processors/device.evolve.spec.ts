import { describe, expect, it } from 'vitest';
import type { OtaEvent } from '@edgeflow/contracts';
import { history, storyOf } from '../testing/device-story.fixture.js';
import { inRollout } from '../testing/rollout-story.fixture.js';
import { evolve, isDeviceEvent } from './device.evolve.js';
import type { DeviceRecord } from '../rows/device.record.js';

const device = storyOf('dev_1');
const onVersion1 = [device.registered(), device.connected(), device.runs('1.0.0')];
const updating = [...onVersion1, device.queued(1, '1.1.0'), device.dispatched(1, '1.1.0')];

function given(...events: readonly OtaEvent[]): DeviceRecord | undefined {
  return history(...events)
    .filter(isDeviceEvent)
    .reduce<DeviceRecord | undefined>(evolve, undefined);
}

describe('a device that was registered', () => {
  it('is idle, offline and on no known version', () => {
    const registered = device.registered({ fleet: 'south', tags: ['a', 'b'] });
    expect(given(registered)).toEqual({
      ...{ org: 'acme', device_id: 'dev_1', current_version: null, previous_version: null, target_version: null },
      ...{ ota_status: 'idle', progress: 0, last_update_at: null, phase: null, failure: null, postponed: null },
      ...{ requested_by: null, source: null },
      ...{ update_id: null, update_number: null, rollout_id: null, model: 'm1', fleet: 'south', tags: ['a', 'b'] },
      ...{ online: false, session_id: null, boot_id: null, last_seen_at: null },
      ...{ registered_at: registered.time, revoked: false, confirmed: true, drifted: false, position: 1 },
      ...{ attempts_on_version: null, attempts: {}, before: null, abandoned_version: null },
    });
  });

  it('keeps its versions and the time of its first registration when it is registered again', () => {
    const first = device.registered();
    const record = given(first, device.runs('1.0.0'), device.revoked(), device.registered({ fleet: 'south' }));
    expect(record).toMatchObject({
      ...{ registered_at: first.time, current_version: '1.0.0', fleet: 'south', revoked: false },
    });
  });

  it('is revoked', () => {
    expect(given(device.registered(), device.revoked())).toMatchObject({ revoked: true, position: 2 });
  });
});

describe('the life of a device', () => {
  it('goes on in another fleet, as another model, with other tags', () => {
    expect(given(...updating, device.changed({ fleet: 'south', model: 'm2', tags: ['x'] }))).toMatchObject({
      ...{ fleet: 'south', model: 'm2', tags: ['x'], current_version: '1.0.0', ota_status: 'updating' },
    });
    expect(given(device.registered(), device.changed())).toMatchObject({ fleet: null, tags: [], model: 'm1' });
  });

  it('goes on after a revocation that was taken back', () => {
    expect(given(...onVersion1, device.revoked(), device.reinstated())).toMatchObject({ revoked: false });
  });

  it('ends when it is taken out of service; late words of it are of nobody', () => {
    const gone = [...updating, device.removed(), device.disconnected(), device.cancelled(1, '1.1.0')];
    expect(given(...gone)).toBeUndefined();
  });

  it('begins anew with the id, and with nothing of the one before', () => {
    const registered = device.registered();
    const record = given(
      ...updating,
      device.removed(),
      registered,
      device.disconnected(),
      device.completed(1, '1.1.0'),
    );
    const fresh = given(registered)!;
    expect(record).toEqual({ ...fresh, position: updating.length + 2, registered_at: registered.time });
  });
});

describe('the newest update of a device', () => {
  it('is accepted and told by one event where it waits for nothing', () => {
    const [inOne, inTwo] = [
      [device.toldAtOnce(1, '1.1.0')],
      [device.queued(1, '1.1.0'), device.dispatched(1, '1.1.0')],
    ];
    const { position: _at, last_update_at: _then, ...atOnce } = given(...onVersion1, ...inOne)!;
    expect(given(...onVersion1, ...inTwo)).toMatchObject({ ...atOnce, requested_by: null, source: null });
    expect(atOnce).toMatchObject({ ota_status: 'updating', target_version: '1.1.0', attempts_on_version: 1 });
    expect(atOnce).toMatchObject({ requested_by: 'ann', source: 'http:ann' });
    expect(given(...onVersion1, ...inOne, device.dispatched(1, '1.1.0'))).toMatchObject({ requested_by: 'ann' });
  });

  it('names who asked for it, from its acceptance to its end, and not who asked for the one before', () => {
    const queued = device.queued(1, '1.1.0');
    const asked = { ...queued, data: { ...queued.data, requested_by: 'ann', source: 'http:ann' } };
    const who = { requested_by: 'ann', source: 'http:ann' };
    expect(given(...onVersion1, asked)).toMatchObject(who);
    expect(given(...onVersion1, asked, device.dispatched(1, '1.1.0'))).toMatchObject(who);
    const ended = [asked, device.dispatched(1, '1.1.0'), device.completed(1, '1.1.0')];
    expect(given(...onVersion1, ...ended)).toMatchObject({ ota_status: 'completed', ...who });
    expect(given(...onVersion1, ...ended, device.queued(2, '1.2.0'))).toMatchObject({
      requested_by: null,
      source: null,
    });
  });
});

describe('a device that was never registered', () => {
  it('has no record, whatever is said of it', () => {
    expect(given(device.rejected(1, '1.1.0'), device.requested(1, '1.1.0'))).toBeUndefined();
    expect(given(device.connected(), device.runs('1.0.0'), device.queued(1, '1.1.0'))).toBeUndefined();
  });
});

describe('presence', () => {
  it('follows the tunnel', () => {
    expect(given(...onVersion1)).toMatchObject({ online: true, boot_id: 'boot_1' });
    expect(given(...onVersion1, device.disconnected())).toMatchObject({ online: false });
  });

  it('names no boot of a device that knows of none', () => {
    const [came, ran] = [device.connected(), device.runs('1.0.0')];
    const { boot_id: _boot, ...connected } = came.data;
    expect(given(...onVersion1, { ...came, data: connected })).toMatchObject({ online: true, boot_id: null });
    const { boot_id: _other, ...reported } = ran.data;
    expect(given(...onVersion1, { ...ran, data: reported })).toMatchObject({ boot_id: null });
  });

  it('ignores the late goodbye of an older tunnel', () => {
    const reconnected = device.connected('ses_2');
    const record = given(...onVersion1, reconnected, device.disconnected('ses_1'));
    expect(record).toMatchObject({ online: true, last_seen_at: reconnected.time, position: 4 });
  });

  it('keeps the newest time of two gateways whose clocks differ', () => {
    const early = device.runs('1.0.0');
    const late = device.connected();
    expect(given(device.registered(), late, early)).toMatchObject({ last_seen_at: late.time });
  });

  it('takes a report of the device as a sign of life, and one of the gateway not', () => {
    const byGateway = device.reported(1, 'gateway');
    const byDevice = device.reported(1, 'device');
    expect(given(...updating, byGateway)).not.toMatchObject({ last_seen_at: byGateway.time });
    expect(given(...updating, byDevice)).toMatchObject({ last_seen_at: byDevice.time, ota_status: 'updating' });
  });
});

describe('a device whose update is open', () => {
  it('is updating from the decision on', () => {
    const queued = device.queued(1, '1.1.0');
    expect(given(...onVersion1, queued)).toMatchObject({
      ...{ ota_status: 'updating', target_version: '1.1.0', current_version: '1.0.0', progress: 0, phase: null },
      ...{ update_id: 'upd_1', update_number: 1, last_update_at: queued.time },
    });
  });

  it('names the rollout that wanted it, to the end', () => {
    const wanted = inRollout({ rollout_id: 'rol_1', wave: 0 }, device.queued(1, '1.1.0'));
    expect(given(...onVersion1, wanted)).toMatchObject({ rollout_id: 'rol_1' });
    expect(given(...onVersion1, wanted, device.completed(1, '1.1.0'))).toMatchObject({ rollout_id: 'rol_1' });
    expect(given(...onVersion1, wanted, device.failed(1, '1.1.0'))).toMatchObject({ rollout_id: 'rol_1' });
    expect(given(...onVersion1, wanted, device.queued(2, '1.2.0'))).toMatchObject({ rollout_id: null });
  });

  it('shows the progress of that update', () => {
    const record = given(...updating, device.progress(1, 40), device.progress(1, 100, 'installing'));
    expect(record).toMatchObject({ progress: 100, phase: 'installing', ota_status: 'updating' });
  });

  it('ignores the progress of another update', () => {
    expect(given(...updating, device.progress(1, 40), device.progress(7, 90))).toMatchObject({ progress: 40 });
  });

  it('is not completed by reporting the version', () => {
    expect(given(...updating, device.runs('1.1.0', 'boot_2'))).toMatchObject({
      ...{ ota_status: 'updating', current_version: '1.1.0', previous_version: '1.0.0', boot_id: 'boot_2' },
    });
  });

  it('is completed when the orchestrator says so', () => {
    const completed = device.completed(1, '1.1.0');
    expect(given(...updating, device.progress(1, 90), device.runs('1.1.0'), completed)).toMatchObject({
      ...{ ota_status: 'completed', current_version: '1.1.0', previous_version: '1.0.0', target_version: '1.1.0' },
      ...{ progress: 100, phase: null, failure: null, last_update_at: completed.time },
    });
  });

  it('has failed on the version that it reported last', () => {
    expect(given(...updating, device.progress(1, 60, 'verifying'), device.failed(1, '1.1.0'))).toMatchObject({
      ...{ ota_status: 'failed', current_version: '1.0.0', target_version: '1.1.0', progress: 60, phase: 'verifying' },
      failure: { code: 'checksum-mismatch', detail: 'ended: checksum-mismatch' },
    });
  });

  it('says until when it is put off, and why, until it is told again, begins or ends', () => {
    const off = [...updating, device.progress(1, 20), device.putOff(1), device.postponed(1, '1.1.0')];
    expect(given(...off)).toMatchObject({
      ...{ ota_status: 'updating', target_version: '1.1.0', progress: 0, phase: null },
      postponed: { until: '2026-02-21T13:00:00.000Z', reason: 'on the road' },
    });
    const ends = [device.dispatched(1, '1.1.0'), device.progress(1, 5), device.completed(1, '1.1.0')];
    for (const next of [...ends, device.failed(1, '1.1.0'), device.cancelled(1, '1.1.0')]) {
      expect(given(...off, next)).toMatchObject({ postponed: null });
    }
    // Whoever begins before that has begun, whatever is written of it afterwards.
    const early = [...off, device.progress(1, 90, 'installing'), device.dispatched(1, '1.1.0')];
    expect(given(...early)).toMatchObject({ phase: 'installing', progress: 90 });
    expect(given(...off, device.dispatched(1, '1.1.0'))).toMatchObject({ phase: null, progress: 0 });
    expect(given(...updating, device.putOff(1))).toMatchObject({ postponed: null });
    expect(given(...updating, device.postponed(2, '1.1.0'))).toMatchObject({ postponed: null });
  });

  it('goes on as it says where it begins before its time and is told again then', () => {
    const off = [...updating, device.progress(1, 20), device.putOff(1), device.postponed(1, '1.1.0')];
    const told = device.dispatched(1, '1.1.0');
    expect(given(...off, told)).toMatchObject({ phase: null, progress: 0, postponed: null });
    const begun = [...off, device.progress(1, 90, 'installing')];
    expect(given(...begun, told)).toMatchObject({ phase: 'installing', progress: 90, postponed: null });
    expect(given(...begun, told, device.dispatched(2, '1.1.0'))).toMatchObject({ phase: null, progress: 0 });
  });

  it('is idle again when the update is withdrawn', () => {
    const cancelled = device.cancelled(1, '1.1.0');
    expect(given(...updating, device.progress(1, 30), cancelled)).toMatchObject({
      ...{ ota_status: 'idle', target_version: null, update_id: null, progress: 0, last_update_at: cancelled.time },
    });
  });

  it.each([
    ['completed', [device.runs('1.1.0', 'boot_2'), device.completed(1, '1.1.0')]],
    ['failed', [device.progress(1, 60, 'verifying'), device.failed(1, '1.1.0')]],
  ])('is %s as it was before when the update is withdrawn, or not wanted', (status, end) => {
    const ended = given(...updating, ...end)!;
    expect(ended.ota_status).toBe(status);
    const next = [...updating, ...end, device.queued(2, '1.2.0')];
    const told = [...next, device.dispatched(2, '1.2.0'), device.progress(2, 30)];
    const putOff = [...told, device.putOff(2), device.postponed(2, '1.2.0'), device.dispatched(2, '1.2.0')];
    for (const story of [next, told, putOff]) {
      const cancelled = device.cancelled(2, '1.2.0');
      const {
        position: _,
        attempts: _tries,
        last_seen_at: _seen,
        abandoned_version: _told,
        ...record
      } = given(...story, cancelled)!;
      expect({ ...ended, last_update_at: cancelled.time }).toMatchObject(record);
    }
  });

  it.each([
    ['skipped', device.skipped(2, '1.1.0')],
    ['rejected', device.rejected(2, '1.2.0', 'update-in-progress')],
    ['requested', device.requested(2, '1.2.0')],
    ['past its deadline', device.deadline(1)],
  ])('is as it was when another update is %s', (_, event) => {
    expect(given(...updating, event)).toEqual(given(...updating));
  });

  it('is not ended by the end of an older update', () => {
    const second = [...updating, device.failed(1, '1.1.0'), device.queued(2, '1.2.0')];
    for (const late of [device.completed(1, '1.1.0'), device.failed(1, '1.1.0'), device.cancelled(1, '1.1.0')]) {
      expect(given(...second, late)).toEqual(given(...second));
    }
  });
});

describe('a device whose update has ended', () => {
  it.each([
    ['completed', device.completed(1, '1.1.0')],
    ['failed', device.failed(1, '1.1.0')],
    ['cancelled', device.cancelled(1, '1.1.0')],
  ])('ignores late progress after it was %s', (_, end) => {
    const { progress } = given(...updating, end) ?? {};
    expect(given(...updating, end, device.progress(1, 20))).toMatchObject({ progress });
  });

  it('loses its failure when the next update begins', () => {
    const record = given(...updating, device.failed(1, '1.1.0'), device.queued(2, '1.2.0'));
    expect(record).toMatchObject({ ota_status: 'updating', failure: null, progress: 0, update_number: 2 });
  });
});

describe('a device that comes up on what was taken back', () => {
  const completed = [...updating, device.runs('1.1.0', 'boot_2'), device.completed(1, '1.1.0')];
  const told = [device.queued(2, '1.0.0'), device.dispatched(2, '1.0.0'), device.progress(2, 90, 'installing')];
  const there = { ota_status: 'idle', current_version: '1.0.0', target_version: null, drifted: false };

  it('was brought there by no update, and has nowhere else to be', () => {
    const abandoned = [...completed, ...told, device.cancelled(2, '1.0.0')];
    expect(given(...abandoned)).toMatchObject({ ota_status: 'completed', target_version: '1.1.0', drifted: false });
    expect(given(...abandoned, device.runs('1.0.0', 'boot_3'))).toMatchObject({ ...there, update_id: null });
    const tried = device.runs('1.0.0', 'boot_3');
    expect(given(...completed, ...told, tried, device.cancelled(2, '1.0.0'))).toMatchObject(there);
    expect(given(...abandoned, tried, device.queued(3, '1.2.0'), device.cancelled(3, '1.2.0'))).toMatchObject(there);
  });

  it('is where it is to be when that is its newest update', () => {
    const again = [device.queued(2, '1.1.0'), device.dispatched(2, '1.1.0'), device.cancelled(2, '1.1.0')];
    expect(given(...completed, ...again, device.runs('1.1.0', 'boot_3'))).toMatchObject({
      ...{ ota_status: 'completed', update_id: 'upd_1', drifted: false },
    });
  });

  it('is elsewhere when it was never told, or has come to something else since', () => {
    const untold = [device.queued(2, '1.0.0'), device.cancelled(2, '1.0.0')];
    expect(given(...completed, ...untold, device.runs('1.0.0', 'boot_3'))).toMatchObject({ drifted: true });
    const later = [device.queued(3, '1.2.0'), device.runs('1.2.0', 'boot_3'), device.completed(3, '1.2.0')];
    const fallen = [...completed, ...told, device.cancelled(2, '1.0.0'), ...later, device.runs('1.0.0', 'boot_4')];
    expect(given(...fallen)).toMatchObject({ ota_status: 'completed', target_version: '1.2.0', drifted: true });
  });
});

describe('an event that was folded already', () => {
  it('changes nothing', () => {
    const events = history(...updating, device.progress(1, 50));
    const record = events.filter(isDeviceEvent).reduce<DeviceRecord | undefined>(evolve, undefined);
    expect(events.filter(isDeviceEvent).reduce<DeviceRecord | undefined>(evolve, record)).toBe(record);
  });
});

describe('a device that does not keep the version that it had come to', () => {
  const completed = [...updating, device.runs('1.1.0', 'boot_2'), device.completed(1, '1.1.0')];
  const back = [device.runs('1.0.0', 'boot_3'), device.reverted(1, '1.1.0', '1.0.0')];

  it('has failed, reverted, and runs something else than it should', () => {
    expect(given(...completed)).toMatchObject({ ota_status: 'completed', drifted: false });
    expect(given(...completed, back[0]!)).toMatchObject({ ota_status: 'completed', drifted: true });
    expect(given(...completed, ...back)).toMatchObject({
      ...{ ota_status: 'failed', failure: { code: 'reverted' }, progress: 100, update_id: 'upd_1', drifted: true },
      ...{ current_version: '1.0.0', target_version: '1.1.0' },
    });
  });

  it('stays failed when it comes up on it again, until the next order', () => {
    const again = [...completed, ...back, device.runs('1.1.0', 'boot_4')];
    expect(given(...again)).toMatchObject({ ota_status: 'failed', failure: { code: 'reverted' }, drifted: false });
    expect(given(...again, device.queued(2, '1.2.0'))).toMatchObject({ ota_status: 'updating', failure: null });
  });

  it('has failed also where a newer order was withdrawn, and not where one is open or has ended', () => {
    const withdrawn = [...completed, device.queued(2, '1.2.0'), device.cancelled(2, '1.2.0')];
    expect(given(...withdrawn, ...back)).toMatchObject({ ota_status: 'failed', update_number: 1 });
    const open = [...completed, device.queued(2, '1.2.0')];
    expect(given(...open, ...back)).toMatchObject({ ota_status: 'updating', update_id: 'upd_2', drifted: false });
    expect(given(...open, ...back, device.cancelled(2, '1.2.0'))).toMatchObject({
      ...{ ota_status: 'failed', update_id: 'upd_1', failure: { code: 'reverted' }, drifted: true },
    });
    const ended = [...open, device.failed(2, '1.2.0')];
    expect(given(...ended, ...back)).toMatchObject({ update_id: 'upd_2', failure: { code: 'checksum-mismatch' } });
  });
});

describe('what a device runs', () => {
  it('is what it said last, also when the end of its update is written later', () => {
    const gone_back = [device.runs('1.1.0', 'boot_2'), device.runs('1.0.0', 'boot_3'), device.completed(1, '1.1.0')];
    expect(given(...updating, ...gone_back)).toMatchObject({ current_version: '1.0.0', drifted: true });
  });
});

describe('a version that may still be taken back', () => {
  it('is shown as such until it is confirmed', () => {
    const tried = device.runs('1.1.0', 'boot_2');
    const unconfirmed = { ...tried, data: { ...tried.data, confirmed: false } };
    expect(given(...updating, unconfirmed)).toMatchObject({ ota_status: 'updating', confirmed: false });
    expect(given(...updating, unconfirmed, device.runs('1.1.0', 'boot_2'))).toMatchObject({ confirmed: true });
  });
});

describe('the tries of a version', () => {
  const round = (n: number, version: string) => [
    ...[device.queued(n, version), device.dispatched(n, version), device.failed(n, version)],
  ];

  it('are counted over all updates to it, from when the device is told', () => {
    expect(given(...onVersion1, device.queued(1, '1.1.0'))).toMatchObject({ attempts_on_version: 0 });
    expect(given(...updating)).toMatchObject({ attempts_on_version: 1 });
    const twice = [...onVersion1, ...round(1, '1.1.0'), ...round(2, '1.1.0')];
    expect(given(...twice)).toMatchObject({ attempts_on_version: 2 });
    expect(given(...twice, ...round(3, '1.2.0'))).toMatchObject({ attempts_on_version: 1 });
    expect(given(...twice, ...round(3, '1.2.0'), ...round(4, '1.1.0'))).toMatchObject({ attempts_on_version: 3 });
  });

  it('are one, however often the device is told of the same update', () => {
    expect(given(...updating, device.dispatched(1, '1.1.0'))).toMatchObject({ attempts_on_version: 1 });
  });

  it('of the newest 32 versions are remembered', () => {
    const many = Array.from({ length: 40 }, (_, n) => round(n + 1, `2.${n}.0`)).flat();
    expect(Object.keys(given(...onVersion1, ...many)?.attempts ?? {})).toHaveLength(32);
  });
});
