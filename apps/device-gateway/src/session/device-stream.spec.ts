import type { DataOf, EventName, OtaEvent, Phase, StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import type { StreamEnds, LastOfEach } from '@edgeflow/event-log';
import { keyInForce } from '../devices/device.decider.js';
import {
  bornAfter,
  hasOpenUpdate,
  isNewBoot,
  isNewVersion,
  isOvertaken,
  isUnexpected,
  openDispatchIn,
  oustedBy,
  proofsIn,
  registeredIn,
} from './device-stream.js';
import { completed, dispatched, hello } from './session.fixture.js';

function event<N extends EventName>(position: number, type: N, data: DataOf<N>): StoredEvent<N> {
  const envelope: Omit<OtaEvent, 'type' | 'data'> = {
    ...{ org: 'acme', entity: 'device', entity_id: 'dev-1', id: `evt-${position}`, correlation_id: `evt-${position}` },
    ...{ source: '/device-gateway', time: '2026-11-23T12:00:00.000Z' },
  };
  return { ...envelope, position, type, data } as StoredEvent<N>;
}

const tunnel = (session_id: string, key = 'key-1') => ({ session_id, key, model: 'cam-1', born_after: 0 });
const publicKey = (x: string) => ({ kty: 'OKP', crv: 'Ed25519', x }) as const;
const connected = (session_id: string, boot_id = 'boot-1') =>
  event(7, 'DeviceConnected', {
    device_id: 'dev-1',
    session_id,
    gateway_id: 'gw-1',
    protocol: 'edgeflow.ota.v1',
    ...hello,
    boot_id,
  });
const version = (position: number, boot_id = 'boot-1') =>
  event(position, 'DeviceVersionReported', { device_id: 'dev-1', model: 'cam-1', version: '1.0.0', boot_id });
const progress = (position: number, phase: Phase) =>
  event(position, 'DeviceProgressReported', { device_id: 'dev-1', update_id: 'upd-1', phase, progress: 0 });

const stream = (last: LastOfEach, ...unread: UnreadEvent[]): StreamEnds => ({ last, unread, position: 99 });
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

describe("a device's stream", () => {
  it('ousts the tunnel that is not the newest, and every tunnel of a revoked device', () => {
    const DeviceConnected = connected('ses-1');
    const DeviceRevoked = event(8, 'DeviceRevoked', { device_id: 'dev-1', revoked_by: 'ada' });
    expect(oustedBy(stream({ DeviceConnected }), tunnel('ses-1'))).toBeUndefined();
    expect(oustedBy(stream({ DeviceConnected }), tunnel('ses-2'))?.reason).toBe('replaced');
    expect(oustedBy(stream({ DeviceConnected, DeviceRevoked }), tunnel('ses-1'))?.reason).toBe('revoked');
    const unread = stream({ DeviceConnected }, unreadable('DeviceRevoked'));
    expect(oustedBy(unread, tunnel('ses-1'))?.reason).toBe('revoked');
  });

  it.each([
    ['before it', '12:00:05', { opened_at: '12:00:01' }, true],
    ['before it, as it seems, at another gateway', '12:00:02', { opened_at: '12:00:01', gateway_id: 'gw-2' }, false],
    ['long before it, at another gateway', '12:00:05', { opened_at: '12:00:01', gateway_id: 'gw-2' }, true],
    ['after it', '12:00:05', { opened_at: '12:00:06' }, false],
    ['after its hello, whatever clocks say', '12:00:05', { opened_at: '12:00:01', opened_after: 7 }, false],
    ['at some time, and it by a release before, which says no time', undefined, { opened_at: '12:00:01' }, false],
  ])('has overtaken a tunnel by one whose hello it has, where that was opened %s: %s', (_, of, tunnelOf, is) => {
    const at = (time: string): string => `2026-11-23T${time}.000Z`;
    const DeviceConnected = connected('ses-2');
    if (of !== undefined) DeviceConnected.data.opened_at = at(of);
    const opened = { session_id: 'ses-1', gateway_id: 'gw-1', opened_after: 6, ...tunnelOf };
    expect(isOvertaken({ DeviceConnected }, { ...opened, opened_at: at(tunnelOf.opened_at) })).toBe(is);
  });

  it('has not overtaken a tunnel by its own hello', () => {
    const DeviceConnected = connected('ses-1');
    DeviceConnected.data.opened_at = '2026-11-23T12:00:05.000Z';
    const own = { session_id: 'ses-1', gateway_id: 'gw-1', opened_after: 6, opened_at: '2026-11-23T12:00:01.000Z' };
    expect(isOvertaken({ DeviceConnected }, own)).toBe(false);
  });

  it('ousts the tunnel of a device that was taken out of service, also when another one has its id by now', () => {
    const [DeviceConnected, of] = [connected('ses-1'), { device_id: 'dev-1' }];
    const DeviceRemoved = event(8, 'DeviceRemoved', { ...of, removed_by: 'ada' });
    const by = { model: 'cam-1', registered_by: 'ada', public_key: publicKey('key-1') };
    const DeviceRegistered = event(9, 'DeviceRegistered', { ...of, ...by });
    expect(oustedBy(stream({ DeviceConnected, DeviceRemoved }), tunnel('ses-1'))?.reason).toBe('removed');
    const again = stream({ DeviceConnected, DeviceRemoved, DeviceRegistered });
    expect(oustedBy(again, tunnel('ses-1'))?.reason).toBe('removed');
    expect(oustedBy(bornAfter(again, 8), { ...tunnel('ses-2'), born_after: 0 })).toBeUndefined();
  });

  it('ousts the tunnel of a device that is of another model now', () => {
    const by = { model: 'cam-1', registered_by: 'ada', public_key: publicKey('key-1') };
    const DeviceRegistered = event(1, 'DeviceRegistered', { device_id: 'dev-1', ...by });
    const change = { device_id: 'dev-1', tags: [], changed_by: 'ada' };
    const fleet = event(8, 'DeviceChanged', { ...change, model: 'cam-1', fleet: 'south', changed: ['fleet'] });
    const model = event(8, 'DeviceChanged', { ...change, model: 'cam-2', changed: ['model'] });
    expect(oustedBy(stream({ DeviceRegistered, DeviceChanged: fleet }), tunnel('ses-1'))).toBeUndefined();
    expect(oustedBy(stream({ DeviceRegistered, DeviceChanged: model }), tunnel('ses-1'))?.reason).toBe('model-changed');
  });

  it('has an update open from when it was accepted until it ends, also in words that are not known here', () => {
    const UpdateQueued = { ...dispatched, type: 'UpdateQueued', position: 10 } as never as StoredEvent<'UpdateQueued'>;
    expect(hasOpenUpdate(stream({}))).toBe(false);
    expect(hasOpenUpdate(stream({ UpdateQueued }))).toBe(true);
    expect(hasOpenUpdate(stream({ UpdateQueued }, unreadable('UpdateCancelled', 11)))).toBe(false);
    expect(hasOpenUpdate(stream({ UpdateQueued }, unreadable('UpdateCancelled', 9)))).toBe(true);
  });

  it('holds nothing of a device that had the id before', () => {
    const whole = stream({ DeviceVersionReported: version(5) }, unreadable('DeviceRevoked', 6));
    expect(bornAfter(whole, 0)).toEqual(whole);
    expect(bornAfter(whole, 7)).toEqual({ last: {}, unread: [], position: 99 });
    expect(isNewVersion(bornAfter(whole, 7).last, hello)).toBe(true);
  });

  it('ousts the tunnel that a key before the one in force let in', () => {
    const [DeviceConnected, of] = [connected('ses-1'), { device_id: 'dev-1' }];
    const by = { model: 'cam-1', registered_by: 'ada' };
    const DeviceRegistered = event(1, 'DeviceRegistered', { ...of, ...by, public_key: publicKey('key-1') });
    expect(oustedBy(stream({ DeviceRegistered, DeviceConnected }), tunnel('ses-1'))).toBeUndefined();
    const rotated = { ...of, public_key: publicKey('key-2'), rotated_by: 'ada' };
    const last = stream({ DeviceRegistered, DeviceConnected, DeviceKeyRotated: event(8, 'DeviceKeyRotated', rotated) });
    expect(oustedBy(last, tunnel('ses-1'))).toMatchObject({ close_code: 4401, reason: 'key-rotated' });
    expect(oustedBy(last, tunnel('ses-1', 'key-2'))).toBeUndefined();
    const unread = stream({ DeviceRegistered, DeviceConnected }, unreadable('DeviceKeyRotated'));
    expect(keyInForce(registeredIn(unread))).toBeUndefined();
    expect(oustedBy(unread, tunnel('ses-1'))?.reason).toBe('key-rotated');
  });

  it('takes a hello for news when version, model or boot differ', () => {
    const DeviceVersionReported = version(5);
    expect(isNewVersion({}, hello)).toBe(true);
    expect(isNewVersion({ DeviceVersionReported }, hello)).toBe(false);
    expect(isNewVersion({ DeviceVersionReported }, { ...hello, version: '1.1.0' })).toBe(true);
    expect(isNewVersion({ DeviceVersionReported }, { ...hello, model: 'cam-2' })).toBe(true);
    expect(isNewBoot({ DeviceVersionReported }, hello)).toBe(false);
    expect(isNewBoot({ DeviceVersionReported }, { ...hello, boot_id: 'boot-2' })).toBe(true);
  });

  it('takes a hello without a boot for no news of one', () => {
    const { boot_id: _none, ...boot } = hello;
    expect(isNewBoot({ DeviceVersionReported: version(5) }, boot)).toBe(false);
  });

  it('knows the boot from whatever said it last', () => {
    const DeviceConnected = connected('ses-1', 'boot-2');
    expect(isNewBoot({ DeviceVersionReported: version(5), DeviceConnected }, { ...hello, boot_id: 'boot-2' })).toBe(
      false,
    );
    expect(isNewBoot({ DeviceVersionReported: version(5), DeviceConnected }, hello)).toBe(true);
    expect(isNewBoot({ DeviceVersionReported: version(50), DeviceConnected }, hello)).toBe(false);
  });

  it('proves an install by a version report that followed it', () => {
    expect(proofsIn({ DeviceProgressReported: progress(11, 'installing') }, 12)).toEqual([
      { update_id: 'upd-1', position: 12 },
    ]);
    expect(proofsIn({ DeviceProgressReported: progress(11, 'installing') }, 9)).toEqual([]);
    expect(proofsIn({ DeviceProgressReported: progress(11, 'downloading') }, 12)).toEqual([]);
  });

  it('proves an install by the word that it is done', () => {
    const reported = version(12);
    const done = { ...reported, data: { ...reported.data, done_with: 'upd-1' } };
    expect(proofsIn({ DeviceVersionReported: done }, 12)).toEqual([{ update_id: 'upd-1', position: 12 }]);
  });

  it('proves a failure that was reported', () => {
    const failed = event(11, 'DeviceUpdateReported', {
      ...{ device_id: 'dev-1', update_id: 'upd-1', outcome: 'failed' },
      ...{ code: 'declined', message: '', reported_by: 'device' },
    });
    expect(proofsIn({ DeviceUpdateReported: failed }, 9)).toEqual([{ update_id: 'upd-1', position: 11 }]);
  });
});

describe('a version that a device neither ran nor was told', () => {
  const DeviceVersionReported = version(5);
  const other = { ...hello, version: '0.5.0' };
  const off = (position: number) =>
    event(position, 'DeviceUpdatePostponed', {
      ...{ device_id: 'dev-1', update_id: 'upd-1', for_s: 60, until: '2026-11-23T12:01:00.000Z' },
    });

  it('is how its update ends, unless somebody wants that later', () => {
    expect(isUnexpected({ DeviceVersionReported }, dispatched(10), other)).toBe(true);
    const DeviceUpdatePostponed = off(11);
    expect(isUnexpected({ DeviceVersionReported, DeviceUpdatePostponed }, dispatched(10), other)).toBe(false);
  });

  it('is how it ends once it was told again, or has begun all the same', () => {
    const last = { DeviceVersionReported, DeviceUpdatePostponed: off(11) };
    expect(isUnexpected(last, dispatched(12), other)).toBe(true);
    const begun = { ...last, DeviceProgressReported: progress(12, 'downloading') };
    expect(isUnexpected(begun, dispatched(10), other)).toBe(true);
  });
});

describe('an update stream', () => {
  it('has an open update when no end is newer than the dispatch', () => {
    const UpdateDispatched = dispatched(10);
    expect(openDispatchIn(stream({ UpdateDispatched }))).toBe(UpdateDispatched);
    expect(
      openDispatchIn(stream({ UpdateDispatched, UpdateCompleted: completed(8) as StoredEvent<'UpdateCompleted'> })),
    ).toBe(UpdateDispatched);
    expect(
      openDispatchIn(stream({ UpdateDispatched, UpdateCompleted: completed(12) as StoredEvent<'UpdateCompleted'> })),
    ).toBeUndefined();
    expect(openDispatchIn(stream({}))).toBeUndefined();
    expect(openDispatchIn(stream({ UpdateDispatched }, unreadable('UpdateCancelled', 11)))).toBeUndefined();
    expect(openDispatchIn(stream({ UpdateDispatched }, unreadable('UpdateQueued', 11)))).toBe(UpdateDispatched);
  });
});
