import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refused } from './errors.js';
import { ENTITIES, laneSubject, liveUpdateSubject, parseSubject, subjectOf } from './subjects.js';

const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const address = fc.record({ org: token, entity: fc.constantFrom(...ENTITIES), entity_id: token, type: token });
/** Strings with at least one character that means something to NATS, or is no token character. */
const poison = fc
  .tuple(
    token,
    fc.constantFrom('.', '*', '>', ' ', '\t', '\r', '\n', '\r\n', '\0', '$', '/', 'ü', ''),
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
    '',
  ])('cannot be %j', (subject) => expect(() => parseSubject(subject)).toThrow('subject-invalid'));
});

describe('a lane', () => {
  it('covers the subjects of one entity and takes no wildcard for an id', () => {
    expect(laneSubject({ org: 'acme', entity: 'update', entity_id: 'dev_1' })).toBe('ota.acme.update.dev_1.>');
    expect(() => laneSubject({ org: 'acme', entity: 'update', entity_id: '*' })).toThrow(Refused);
    expect(() => liveUpdateSubject('>', 'dev_1')).toThrow(Refused);
  });
});
