import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refused } from './errors.js';
import { ENTITIES, streamSubject, liveUpdateSubject, parseSubject, subjectOf } from './subjects.js';

const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const OF_DEVICES = ['device', 'update'] as const;
const others = ENTITIES.filter((entity) => !(OF_DEVICES as readonly string[]).includes(entity));
const deviceId = fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/).filter((id) => id !== '.' && id !== '..');
const address = fc.oneof(
  fc.record({ org: token, entity: fc.constantFrom(...others), entity_id: token, type: token }),
  fc.record({ org: token, entity: fc.constantFrom(...OF_DEVICES), entity_id: deviceId, type: token }),
);
/** Strings with at least one character that means something to NATS, or is no token character. */
const poison = fc
  .tuple(
    token,
    fc.constantFrom('~', '*', '>', ' ', '\t', '\r', '\n', '\r\n', '\0', '$', '/', 'ü', ''),
    fc.option(token, { nil: '' }),
  )
  .map(([head, bad, tail]) => (bad === '' ? '' : `${head}${bad}${tail}`));

describe('a subject', () => {
  it('says what its address says, and back', () => {
    fc.assert(
      fc.property(address, (given) => {
        expect(parseSubject(subjectOf(given))).toEqual(given);
      }),
    );
  });

  it.each(['org', 'entity_id', 'type'] as const)('is refused when %s could be structure', (field) => {
    fc.assert(
      fc.property(address, poison, (given, bad) => {
        expect(() => subjectOf({ ...given, [field]: bad })).toThrow(Refused);
      }),
    );
  });

  it('has a dot in no id but of a device, where it is written otherwise', () => {
    for (const entity of others) {
      expect(() => subjectOf({ org: 'acme', entity, entity_id: 'a.b', type: 'E' })).toThrow(Refused);
    }
    for (const field of ['org', 'type']) {
      const given = { org: 'acme', entity: 'device' as const, entity_id: 'd', type: 'E', [field]: 'a.b' };
      expect(() => subjectOf(given)).toThrow(Refused);
    }
  });

  it.each([
    ['dev_1', 'ota.acme.device.dev_1.E'],
    ['aa:bb:cc:dd:ee:ff', 'ota.acme.device.aa:bb:cc:dd:ee:ff.E'],
    ['10.20.30', 'ota.acme.device.10~20~30.E'],
    ['...', 'ota.acme.device.~~~.E'],
  ])('of the device %s is %s', (entity_id, subject) => {
    const given = { org: 'acme', entity: 'device' as const, entity_id, type: 'E' };
    expect(subjectOf(given)).toBe(subject);
    expect(parseSubject(subject)).toEqual(given);
    expect(liveUpdateSubject('acme', entity_id)).toBe(
      subject.replace('ota.acme.device', 'live.ota.acme.update').replace(/E$/, '*'),
    );
  });

  it('is of one device alone, in five tokens', () => {
    fc.assert(
      fc.property(deviceId, deviceId, (one, other) => {
        const of = (entity_id: string) => subjectOf({ org: 'acme', entity: 'update', entity_id, type: 'E' });
        expect(of(one) === of(other)).toBe(one === other);
        expect(of(one).split('.')).toHaveLength(5);
      }),
    );
  });

  it.each(['.', '..', '', 'a~b', 'a/b', 'a'.repeat(65)])('is of no device %j', (entity_id) => {
    expect(() => streamSubject({ org: 'acme', entity: 'device', entity_id })).toThrow(Refused);
  });

  it('is refused for an entity that the log does not have', () => {
    expect(() => subjectOf({ org: 'acme', entity: 'x' as never, entity_id: 'a', type: 'B' })).toThrow(
      'subject-invalid',
    );
  });

  it.each([
    'ota.acme.device.d',
    'ota.acme.device.d.E.x',
    'live.acme.device.d.E',
    'ota.a b.device.d.E',
    'ota.acme.nothing.d.E',
    'ota.acme.device.~.E',
    'ota.acme.device.~~.E',
    'ota.acme.rollout.a~b.E',
    'ota.acme.rollout.a:b.E',
    '',
  ])('cannot be %j', (subject) => expect(() => parseSubject(subject)).toThrow('subject-invalid'));
});

describe('a stream', () => {
  it('covers the subjects of one entity and takes no wildcard for an id', () => {
    expect(streamSubject({ org: 'acme', entity: 'update', entity_id: 'dev_1' })).toBe('ota.acme.update.dev_1.>');
    expect(() => streamSubject({ org: 'acme', entity: 'update', entity_id: '*' })).toThrow(Refused);
    expect(() => liveUpdateSubject('>', 'dev_1')).toThrow(Refused);
  });
});
