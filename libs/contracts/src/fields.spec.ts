import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IsTime } from './fields.js';
import { assertShape } from './schemas.js';

class Timed {
  @IsTime() at!: string;
}

function isTime(at: string): boolean {
  try {
    assertShape(Timed, { at });
    return true;
  } catch {
    return false;
  }
}

describe('a time', () => {
  it.each([
    '2027-02-28T00:00:00Z',
    '2028-02-29T12:30:00.123+05:30',
    '2000-02-29T23:59:59-15:59',
    '0001-01-01T00:00:00Z',
  ])('may be %s', (at) => expect(isTime(at)).toBe(true));

  it.each([
    ...['2027-02-30T00:00:00Z', '2027-06-31T12:00:00Z', '2027-02-29T00:00:00Z', '1900-02-29T00:00:00Z'],
    ...['2024-13-45T99:99:99Z', '0000-01-01T00:00:00Z', '2027-00-10T00:00:00Z', '2027-01-00T00:00:00Z'],
    ...['2027-01-01T24:00:00Z', '2027-01-01T00:60:00Z', '2027-01-01T00:00:60Z', '2027-01-01T00:00:00-23:59'],
    ...[
      '2027-01-01T00:00:00+99:99',
      '2027-01-01T00:00:00',
      '2027-01-01',
      '2027-01-01T00:00:00.Z',
      '+010000-01-01T00:00:00Z',
    ],
  ])('is not %s', (at) => expect(isTime(at)).toBe(false));

  it('is what JavaScript writes, of every day', () => {
    const days = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(fc.property(days, (day) => isTime(day.toISOString())));
  });
});
