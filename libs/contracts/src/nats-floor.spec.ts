import { describe, expect, it } from 'vitest';
import { meetsNatsFloor, NATS_FLOOR } from './nats-floor.js';

describe('the floor of nats-server', () => {
  it.each([
    '2.12.7',
    '2.12.12',
    '2.12.8-RC.1',
    '2.14.0',
    '2.14.6',
    '2.15.0-RC.1',
    '2.15.1',
    '2.100.0',
    '3.0.0',
    '10.1.0',
  ])('is met by %s', (version) => expect(meetsNatsFloor(version)).toBe(true));

  it.each([
    ...['2.12.1', '2.12.6', '2.12.7-RC.1', '2.14.0-RC.1', '2.13.9', '2.11.16', '2.9.10', '1.99.0'],
    ...['', 'x', '2.12', undefined],
  ])('is not met by %j', (version) => expect(meetsNatsFloor(version)).toBe(false));

  it('is said in words', () => expect(NATS_FLOOR).toBe('2.12.7, 2.14.0 or newer'));
});
