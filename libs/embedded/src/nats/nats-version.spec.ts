import { describe, expect, it } from 'vitest';
import { meetsFloor } from './nats-version.js';

describe('the floor of nats-server', () => {
  it.each(['2.12.0', '2.15.1', '3.0.0', '10.1.0'])('is met by %s', (version) => {
    expect(meetsFloor(version)).toBe(true);
  });

  it.each(['2.9.10', '2.11.9', '1.99.0', '', undefined])('is not met by %s', (version) => {
    expect(meetsFloor(version)).toBe(false);
  });
});
