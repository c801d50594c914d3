import type { DataOf, EventName, OtaEvent, Phase, StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import type { LaneEnds, LastOfEach } from '@edgeflow/event-log';
import { isNews, keyInForce, openDispatchIn, oustedBy, proofsIn } from './device-lane.js';
import { completed, dispatched, hello } from './tunnel.fixture.js';

function event<N extends EventName>(position: number, type: N, data: DataOf<N>): StoredEvent<N> {
  const envelope: Omit<OtaEvent, 'type' | 'data'> = {
    ...{ org: 'acme', entity: 'device', entity_id: 'dev-1', id: `evt-${position}`, correlation_id: `evt-${position}` },
    ...{ source: '/device-gateway', time: '2026-11-23T12:00:00.000Z' },
  };
  return { ...envelope, position, type, data } as StoredEvent<N>;
}

const tunnel = (tunnel_id: string, key = 'key-1') => ({ tunnel_id, key });
const publicKey = (x: string) => ({ kty: 'OKP', crv: 'Ed25519', x }) as const;
const connected = (tunnel_id: string, boot_id = 'boot-1') =>
  event(7, 'DeviceConnected', { device_id: 'dev-1', tunnel_id, gateway_id: 'gw-1', ...hello, boot_id });
const version = (position: number, boot_id = 'boot-1') =>
  event(position, 'DeviceVersionReported', { device_id: 'dev-1', model: 'cam-1', version: '1.0.0', boot_id });
const progress = (position: number, phase: Phase) =>
  event(position, 'DeviceProgressReported', { device_id: 'dev-1', update_id: 'upd-1', phase, progress: 0 });

const lane = (last: LastOfEach, ...unread: UnreadEvent[]): LaneEnds => ({ last, unread, position: 99 });
const unreadable = (type: EventName, position = 50): UnreadEvent => ({
  ...{
    org: 'acme',
    entity: 'device',
    entity_id: 'dev-1',
    type,
    position,
    id: 'evt-new',
    subject: `ota.acme.device.dev-1.${type}`,
  },
  ...{ time: '2026-11-23T12:00:00.000Z', unread: { why: 'set-aside', code: 'event-invalid', reason: 'version 2' } },
});

describe("a device's lane", () => {
  it('ousts the tunnel that is not the newest, and every tunnel of a revoked device', () => {
    const DeviceConnected = connected('tun-1');
    const DeviceRevoked = event(8, 'DeviceRevoked', { device_id: 'dev-1', revoked_by: 'ada' });
    expect(oustedBy(lane({ DeviceConnected }), tunnel('tun-1'))).toBeUndefined();
    expect(oustedBy(lane({ DeviceConnected }), tunnel('tun-2'))?.reason).toBe('replaced');
    expect(oustedBy(lane({ DeviceConnected, DeviceRevoked }), tunnel('tun-1'))?.reason).toBe('revoked');
    const unread = lane({ DeviceConnected }, unreadable('DeviceRevoked'));
    expect(oustedBy(unread, tunnel('tun-1'))?.reason).toBe('revoked');
  });

  it('ousts the tunnel that a key before the one in force let in', () => {
    const [DeviceConnected, of] = [connected('tun-1'), { device_id: 'dev-1' }];
    const by = { model: 'cam-1', registered_by: 'ada' };
    const DeviceRegistered = event(1, 'DeviceRegistered', { ...of, ...by, public_key: publicKey('key-1') });
    expect(oustedBy(lane({ DeviceRegistered, DeviceConnected }), tunnel('tun-1'))).toBeUndefined();
    const rotated = { ...of, public_key: publicKey('key-2'), rotated_by: 'ada' };
    const last = lane({ DeviceRegistered, DeviceConnected, DeviceKeyRotated: event(8, 'DeviceKeyRotated', rotated) });
    expect(oustedBy(last, tunnel('tun-1'))).toMatchObject({ close_code: 4401, reason: 'key-rotated' });
    expect(oustedBy(last, tunnel('tun-1', 'key-2'))).toBeUndefined();
    const unread = lane({ DeviceRegistered, DeviceConnected }, unreadable('DeviceKeyRotated'));
    expect(keyInForce(unread)).toBeUndefined();
    expect(oustedBy(unread, tunnel('tun-1'))?.reason).toBe('key-rotated');
  });

  it('takes a hello for news when version, model or boot differ', () => {
    const DeviceVersionReported = version(5);
    expect(isNews({}, hello)).toBe(true);
    expect(isNews({ DeviceVersionReported }, hello)).toBe(false);
    expect(isNews({ DeviceVersionReported }, { ...hello, boot_id: 'boot-2' })).toBe(true);
    expect(isNews({ DeviceVersionReported }, { ...hello, version: '1.1.0' })).toBe(true);
  });

  it('knows the boot from whatever said it last', () => {
    const DeviceConnected = connected('tun-1', 'boot-2');
    expect(isNews({ DeviceVersionReported: version(5), DeviceConnected }, { ...hello, boot_id: 'boot-2' })).toBe(false);
    expect(isNews({ DeviceVersionReported: version(5), DeviceConnected }, hello)).toBe(true);
    expect(isNews({ DeviceVersionReported: version(50), DeviceConnected }, hello)).toBe(false);
  });

  it('proves an install by a version report that followed it', () => {
    expect(proofsIn({ DeviceProgressReported: progress(11, 'installing') }, 12)).toEqual([
      { update_id: 'upd-1', position: 12 },
    ]);
    expect(proofsIn({ DeviceProgressReported: progress(11, 'installing') }, 9)).toEqual([]);
    expect(proofsIn({ DeviceProgressReported: progress(11, 'downloading') }, 12)).toEqual([]);
  });

  it('proves a failure that was reported', () => {
    const failed = event(11, 'DeviceUpdateReported', {
      ...{ device_id: 'dev-1', update_id: 'upd-1', outcome: 'failed' },
      ...{ code: 'declined', message: '', reported_by: 'device' },
    });
    expect(proofsIn({ DeviceUpdateReported: failed }, 9)).toEqual([{ update_id: 'upd-1', position: 11 }]);
  });
});

describe('an update lane', () => {
  it('has an open update when no end is newer than the dispatch', () => {
    const UpdateDispatched = dispatched(10);
    expect(openDispatchIn(lane({ UpdateDispatched }))).toBe(UpdateDispatched);
    expect(
      openDispatchIn(lane({ UpdateDispatched, UpdateCompleted: completed(8) as StoredEvent<'UpdateCompleted'> })),
    ).toBe(UpdateDispatched);
    expect(
      openDispatchIn(lane({ UpdateDispatched, UpdateCompleted: completed(12) as StoredEvent<'UpdateCompleted'> })),
    ).toBeUndefined();
    expect(openDispatchIn(lane({}))).toBeUndefined();
    expect(openDispatchIn(lane({ UpdateDispatched }, unreadable('UpdateCancelled', 11)))).toBeUndefined();
    expect(openDispatchIn(lane({ UpdateDispatched }, unreadable('UpdateQueued', 11)))).toBe(UpdateDispatched);
  });
});
