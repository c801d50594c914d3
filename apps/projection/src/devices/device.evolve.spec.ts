import { describe, expect, it } from 'vitest';
import type { OtaEvent } from '@edgeflow/contracts';
import { history, storyOf } from '../testing/device-story.fixture.js';
import { inRollout } from '../testing/rollout-story.fixture.js';
import { evolve } from './device.evolve.js';
import type { DeviceRecord } from './device.record.js';

const device = storyOf('dev_1');
const onVersion1 = [device.registered(), device.connected(), device.runs('1.0.0')];
const updating = [...onVersion1, device.queued(1, '1.1.0'), device.dispatched(1, '1.1.0')];

function given(...events: readonly OtaEvent[]): DeviceRecord | undefined {
  return history(...events).reduce<DeviceRecord | undefined>(evolve, undefined);
}

describe('a device that was registered', () => {
  it('is idle, offline and on no known version', () => {
    const registered = device.registered({ fleet: 'south', tags: ['a', 'b'] });
    expect(given(registered)).toEqual({
      ...{ org: 'acme', device_id: 'dev_1', current_version: null, previous_version: null, target_version: null },
      ...{ ota_status: 'idle', progress: 0, last_update_at: null, phase: null, failure: null },
      ...{ update_id: null, update_number: null, rollout_id: null, model: 'm1', fleet: 'south', tags: ['a', 'b'] },
      ...{ online: false, tunnel_id: null, boot_id: null, last_seen_at: null },
      ...{ registered_at: registered.time, revoked: false, position: 1 },
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

  it('ignores the late goodbye of an older tunnel', () => {
    const reconnected = device.connected('tun_2');
    const record = given(...onVersion1, reconnected, device.disconnected('tun_1'));
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

  it('is idle again when the update is withdrawn', () => {
    const cancelled = device.cancelled(1, '1.1.0');
    expect(given(...updating, device.progress(1, 30), cancelled)).toMatchObject({
      ...{ ota_status: 'idle', target_version: null, update_id: null, progress: 0, last_update_at: cancelled.time },
    });
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

describe('an event that was folded already', () => {
  it('changes nothing', () => {
    const events = history(...updating, device.progress(1, 50));
    const record = events.reduce<DeviceRecord | undefined>(evolve, undefined);
    expect(events.reduce<DeviceRecord | undefined>(evolve, record)).toBe(record);
  });
});
