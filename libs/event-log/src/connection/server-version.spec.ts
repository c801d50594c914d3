import { describe, expect, it } from 'vitest';
import { ServerTooOld } from '../errors.js';
import { checkServerVersion } from './server-version.js';

describe('the version of the server', () => {
  it.each(['2.12.0', '2.12.0-RC.1', '2.15.1', '2.100.0', '3.0.0'])('%s is new enough', (version) => {
    expect(() => checkServerVersion(version, 'here:4222')).not.toThrow();
  });

  it.each(['2.9.10', '2.11.9', '1.4.1', ''])('%j is refused by name', (version) => {
    expect(() => checkServerVersion(version, 'here:4222')).toThrow(ServerTooOld);
    expect(() => checkServerVersion(version, 'here:4222')).toThrow(/at here:4222; EdgeFlow needs 2\.12 or newer/);
  });
});
