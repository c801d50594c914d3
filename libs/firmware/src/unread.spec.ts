import type { EventName, EventNameOf, UnreadEvent } from '@edgeflow/contracts';
import { spec, type Past } from '@edgeflow/testkit/decider-spec';
import { describe, expect, it } from 'vitest';
import { refusalOf } from './firmware.decider.js';
import { given, revoked, upload, uploaded } from './firmware.fixture.js';
import { trustDecider } from './trust.decider.js';

const unread = (type: EventName | 'Shadowed', position: number): UnreadEvent => ({
  ...{ org: 'acme', entity: 'x', entity_id: 'y', type, subject: '', position, id: '', time: '' },
  unread:
    type === 'Shadowed'
      ? { why: 'unknown-type' }
      : { why: 'set-aside', code: 'event-invalid', reason: 'version 2 is not known' },
});

describe('a firmware stream with what cannot be read', () => {
  it('is what it was', () => {
    expect(given(uploaded, unread('Shadowed', 9)).state).toMatchObject({ status: 'available' });
    expect(given(unread('FirmwareSigned', 9)).state).toEqual({ status: 'none' });
  });

  it('is revoked in whatever words', () => {
    expect(given(uploaded, unread('FirmwareRevoked', 9)).state.status).toBe('revoked');
  });

  it('is deleted in whatever words', () => {
    expect(given(uploaded, unread('FirmwareDeleted', 9)).state).toEqual({ status: 'none' });
  });

  it('is not released a second time, nor anything else, where its release cannot be read', () => {
    const firmware = given(unread('FirmwareUploaded', 1));
    expect(refusalOf(firmware.state, upload.sha256)).toMatchObject({ code: 'version-exists' });
    firmware.when({ type: 'Release', upload }).thenRefused('version-exists');
    firmware.when({ type: 'Revoke', revoked_by: 'ada' }).thenRefused('firmware-unknown');
    expect(given(unread('FirmwareUploaded', 1), revoked).state).toEqual({ status: 'unread' });
  });
});

describe('a trust stream with what cannot be read', () => {
  const trustIn = (...history: readonly Past<EventNameOf<'trust'>>[]) => spec(trustDecider).given(history).state;
  const key = (kid: string, position: number) =>
    ({ type: 'SigningKeyRegistered', entity: 'trust', position, data: { kid, public_key: { x: kid } } }) as never;
  const policy = (position: number) =>
    ({
      type: 'SigningPolicyChanged',
      entity: 'trust',
      position,
      data: { signature: 'optional', rollback: 'allowed' },
    }) as never;

  it('takes no key any more that there was before a revocation, and those after it', () => {
    const trust = trustIn(key('k1', 1), unread('SigningKeyRevoked', 2), key('k2', 3));
    expect(trust.keys.map(({ kid, revoked }) => [kid, revoked])).toEqual([
      ['k1', true],
      ['k2', false],
    ]);
    expect(trust.position).toBe(3);
  });

  it('has the strictest policy until there is one that can be read', () => {
    const changed = unread('SigningPolicyChanged', 2);
    const strict = { signature: 'required', rollback: 'refused', position: 2 };
    expect(trustIn(policy(1), changed)).toMatchObject(strict);
    expect(trustIn(policy(1), changed, policy(3))).toMatchObject({ signature: 'optional' });
  });

  it('keeps all versions after a word about that which cannot be read', () => {
    const kept = { type: 'FirmwareRetentionChanged', entity: 'trust', position: 1, data: { keep_last: 3 } } as never;
    expect(trustIn(kept)).toMatchObject({ keep_last: 3, position: 1 });
    expect(trustIn(kept, unread('FirmwareRetentionChanged', 2))).not.toHaveProperty('keep_last');
  });

  it('is as it was after a type that is not known', () => {
    const trust = trustIn(key('k1', 1), policy(2), unread('Shadowed', 3));
    expect(trust).toMatchObject({ signature: 'optional', position: 3, keys: [{ revoked: false }] });
  });
});
