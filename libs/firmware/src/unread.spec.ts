import type { EventName, UnreadEvent } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { decide, refusalOf } from './firmware.decider.js';
import { stored, upload } from './firmware.fixture.js';
import { firmwareIn } from './firmware.state.js';
import { trustIn } from './trust.state.js';

const unread = (type: EventName | 'Shadowed', position: number): UnreadEvent => ({
  ...{ org: 'acme', entity: 'x', entity_id: 'y', type, subject: '', position, id: '', time: '' },
  unread:
    type === 'Shadowed'
      ? { why: 'unknown-type' }
      : { why: 'set-aside', code: 'event-invalid', reason: 'version 2 is not known' },
});

describe('a firmware lane with what cannot be read', () => {
  const events = stored([{ type: 'FirmwareUploaded', data: upload }]);

  it('ends where it ends', () => {
    expect(firmwareIn({ events, unread: [unread('Shadowed', 9)], position: 9 })).toMatchObject({
      ...{ status: 'available', position: 9 },
    });
    expect(firmwareIn({ events: [], unread: [unread('FirmwareSigned', 9)], position: 9 })).toEqual({
      ...{ status: 'none', position: 9 },
    });
  });

  it('is revoked in whatever words', () => {
    expect(firmwareIn({ events, unread: [unread('FirmwareRevoked', 9)], position: 9 }).status).toBe('revoked');
  });

  it('is not released a second time, nor anything else, where its release cannot be read', () => {
    const state = firmwareIn({ events: [], unread: [unread('FirmwareUploaded', 1)], position: 1 });
    expect(refusalOf(state, upload.sha256)).toMatchObject({ code: 'version-exists' });
    expect(decide({ type: 'Release', upload }, state)).toMatchObject({ code: 'version-exists' });
    expect(decide({ type: 'Revoke', revoked_by: 'ada' }, state)).toMatchObject({ code: 'firmware-unknown' });
  });
});

describe('a trust lane with what cannot be read', () => {
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
    const trust = trustIn({ events: [key('k1', 1), key('k2', 3)], unread: [unread('SigningKeyRevoked', 2)] });
    expect(trust.keys.map(({ kid, revoked }) => [kid, revoked])).toEqual([
      ['k1', true],
      ['k2', false],
    ]);
    expect(trust.position).toBe(3);
  });

  it('has the strictest policy until there is one that can be read', () => {
    const changed = [unread('SigningPolicyChanged', 2)];
    const strict = { signature: 'required', rollback: 'refused', position: 2 };
    expect(trustIn({ events: [policy(1)], unread: changed })).toMatchObject(strict);
    expect(trustIn({ events: [policy(1), policy(3)], unread: changed })).toMatchObject({ signature: 'optional' });
  });

  it('is as it was after a type that is not known', () => {
    const trust = trustIn({ events: [key('k1', 1), policy(2)], unread: [unread('Shadowed', 3)] });
    expect(trust).toMatchObject({ signature: 'optional', position: 3, keys: [{ revoked: false }] });
  });
});
