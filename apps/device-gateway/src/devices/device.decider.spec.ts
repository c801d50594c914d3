import type { DataOf, EventName, UnreadEvent } from '@edgeflow/contracts';
import { spec } from '@edgeflow/testkit/decider-spec';
import { describe, expect, it } from 'vitest';
import { deviceDecider, keyInForce, registrationInForce, type DeviceFact } from './device.decider.js';

const key = (letter: string) => ({ kty: 'OKP', crv: 'Ed25519', x: letter.repeat(43) }) as const;
const registration = (letter = 'A', model = 'cam-1'): DataOf<'DeviceRegistered'> => ({
  ...{ device_id: 'dev-1', model, public_key: key(letter), registered_by: 'ada' },
});
const rotation = (letter: string) => ({ device_id: 'dev-1', public_key: key(letter), rotated_by: 'ada' });
const revocation = { device_id: 'dev-1', revoked_by: 'ada' };

const registered: DeviceFact = { type: 'DeviceRegistered', data: registration() };
const rotated: DeviceFact = { type: 'DeviceKeyRotated', data: rotation('B') };
const revoked: DeviceFact = { type: 'DeviceRevoked', data: revocation };
const register = (letter?: string, model?: string) => ({
  ...{ type: 'Register' as const, registration: registration(letter, model) },
});
const rotate = (letter: string) => ({ type: 'RotateKey' as const, rotation: rotation(letter) });
const revoke = { type: 'Revoke' as const, revocation };

const reinstatement = { device_id: 'dev-1', reinstated_by: 'ada' };
const reinstated: DeviceFact = { type: 'DeviceReinstated', data: reinstatement };
const reinstate = { type: 'Reinstate' as const, reinstatement };
const removal = { device_id: 'dev-1', removed_by: 'ada' };
const removed: DeviceFact = { type: 'DeviceRemoved', data: removal };
const remove = { type: 'Remove' as const, removal };
const change = (wanted: object, busy = false) => ({
  ...{ type: 'Change' as const, change: { device_id: 'dev-1', ...wanted, changed_by: 'ada', busy } },
});
const moved: DeviceFact = {
  ...{ type: 'DeviceChanged' as const },
  data: { device_id: 'dev-1', model: 'cam-1', fleet: 'south', tags: [], changed: ['fleet'], changed_by: 'ada' },
};

const unread = (type: EventName, position: number): UnreadEvent => ({
  ...{ org: 'acme', entity: 'device', entity_id: 'dev-1', type, subject: '', position, id: '', time: '' },
  unread: { why: 'set-aside', code: 'event-invalid', reason: 'version 2 is not known' },
});
const { given } = spec(deviceDecider);

describe('a device that nobody knows', () => {
  it('is registered', () => given([]).when(register()).then([registered]));
  it('has no key to change, and cannot be revoked', () => {
    given([]).when(rotate('B')).thenRefused('device-unknown');
    given([]).when(revoke).thenRefused('device-unknown');
  });
});

describe('a registered device', () => {
  it('is registered once, by its key and its model', () => {
    given([registered]).when(register()).thenNothing();
    given([registered]).when(register('B')).thenRefused('device-exists');
    given([registered]).when(register('A', 'cam-2')).thenRefused('device-exists');
  });

  it('gets another key, once, and may come back to one', () => {
    given([registered]).when(rotate('B')).then([rotated]);
    given([registered, rotated]).when(rotate('B')).thenNothing();
    given([registered, rotated]).when(rotate('A')).thenTypes(['DeviceKeyRotated']);
  });

  it('is compared by the key that is in force', () => {
    given([registered, rotated]).when(register('B')).thenNothing();
    given([registered, rotated]).when(register('A')).thenRefused('device-exists');
  });

  it('is revoked once, and stays so until it is let in again', () => {
    given([registered]).when(revoke).then([revoked]);
    given([registered, revoked]).when(revoke).thenNothing();
    given([registered, revoked]).when(register()).thenRefused('device-revoked');
    given([registered, revoked]).when(rotate('B')).thenRefused('device-revoked');
  });
});

describe('what cannot be read of a device', () => {
  it('counts: nobody is registered a second time, and a key that is not known is in force', () => {
    given([unread('DeviceRegistered', 1)])
      .when(register())
      .thenRefused('device-exists');
    expect(keyInForce(given([registered, unread('DeviceKeyRotated', 2)]).state)).toBeUndefined();
    given([registered, unread('DeviceKeyRotated', 2)])
      .when(rotate('B'))
      .then([rotated]);
  });

  it('counts: it is revoked in whatever words, and may be revoked in ours too', () => {
    const lost = given([registered, unread('DeviceRevoked', 2)]);
    lost.when(register()).thenRefused('device-revoked');
    lost.when(revoke).then([revoked]);
  });
});

describe('a change', () => {
  it('says the device as it is then, whole, and what was otherwise', () => {
    given([registered])
      .when(change({ fleet: 'south' }))
      .then([moved]);
    const data = { device_id: 'dev-1', model: 'cam-1', tags: ['lab'], changed_by: 'ada', reason: 'plant closed' };
    given([registered, moved])
      .when(change({ fleet: null, tags: ['lab', 'lab'], reason: 'plant closed' }))
      .then([{ type: 'DeviceChanged', data: { ...data, changed: ['fleet', 'tags'] } }]);
  });

  it('is none of what is so already; tags have no order', () => {
    given([registered, moved])
      .when(change({ fleet: 'south', model: 'cam-1', tags: [] }))
      .thenNothing();
    const tagged: DeviceFact = { ...moved, data: { ...moved.data, tags: ['a', 'b'], changed: ['tags'] } };
    given([registered, tagged])
      .when(change({ tags: ['b', 'a'] }))
      .thenNothing();
  });

  it('of the model waits for the end of the open update; of the rest it does not', () => {
    given([registered])
      .when(change({ model: 'cam-2' }, true))
      .thenRefused('update-in-progress');
    given([registered])
      .when(change({ model: 'cam-1', fleet: 'south' }, true))
      .then([moved]);
    given([registered])
      .when(change({ model: 'cam-2' }))
      .thenTypes(['DeviceChanged']);
  });

  it('is refused of a device that is revoked, and of none', () => {
    given([])
      .when(change({ fleet: 'south' }))
      .thenRefused('device-unknown');
    given([registered, revoked])
      .when(change({ fleet: 'south' }))
      .thenRefused('device-revoked');
  });

  it('is what a device is compared with that registers again', () => {
    const other: DeviceFact = { ...moved, data: { ...moved.data, model: 'cam-2', changed: ['model'] } };
    given([registered, other]).when(register()).thenRefused('device-exists');
    given([registered, other]).when(register('A', 'cam-2')).thenNothing();
    expect(registrationInForce(given([registered, rotated, other]).state)).toMatchObject({
      ...{ model: 'cam-2', fleet: 'south', tags: [], public_key: key('B') },
    });
  });
});

describe('a device that was revoked', () => {
  it('is let in again, once, with its key, and may be revoked again', () => {
    given([registered, revoked]).when(reinstate).then([reinstated]);
    given([registered, revoked, reinstated]).when(reinstate).thenRefused('device-not-revoked');
    given([registered, revoked, reinstated]).when(register()).thenNothing();
    given([registered, revoked, reinstated]).when(revoke).then([revoked]);
    given([registered, reinstated, revoked]).when(register()).thenRefused('device-revoked');
  });

  it('in whatever words, too', () => {
    given([registered, unread('DeviceRevoked', 2)])
      .when(reinstate)
      .then([reinstated]);
    given([registered, revoked, unread('DeviceReinstated', 3)])
      .when(register())
      .thenRefused('device-revoked');
  });

  it('is not let in where there is none, or none that is revoked', () => {
    given([]).when(reinstate).thenRefused('device-unknown');
    given([registered]).when(reinstate).thenRefused('device-not-revoked');
  });
});

describe('a device that was taken out of service', () => {
  it('is unknown, and its id is free for another one', () => {
    given([registered]).when(remove).then([removed]);
    given([registered, revoked]).when(remove).then([removed]);
    for (const command of [remove, rotate('B'), revoke, reinstate, change({ fleet: 'south' })]) {
      given([registered, removed]).when(command).thenRefused('device-unknown');
    }
    given([registered, removed])
      .when(register('B', 'cam-2'))
      .then([{ type: 'DeviceRegistered', data: registration('B', 'cam-2') }]);
  });

  it('leaves nothing to the one that has its id then', () => {
    const history = [registered, rotated, moved, revoked, removed];
    const again: DeviceFact = { type: 'DeviceRegistered', data: registration('C') };
    const { state } = given([...history, again]);
    expect(registrationInForce(state)).toEqual(registration('C'));
    expect(state).toMatchObject({ revoked: { status: 'none' }, born_after: 5 });
  });

  it('is gone in whatever words', () => {
    expect(keyInForce(given([registered, unread('DeviceRemoved', 2)]).state)).toBeUndefined();
    given([registered, unread('DeviceRemoved', 2)])
      .when(remove)
      .thenRefused('device-unknown');
  });
});
