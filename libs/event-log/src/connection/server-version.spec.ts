import { describe, expect, it } from 'vitest';
import { ServerTooOld } from '../errors.js';
import { tooOld } from './server-version.js';

describe('the version of the server', () => {
  it('is taken when it meets the floor', () => {
    expect(tooOld('2.15.1', 'here:4222')).toBeUndefined();
  });

  it.each(['2.9.10', '2.12.1', '2.13.0', ''])(
    '%j is refused, with the floor and where the advisories are',
    (version) => {
      const refusal = tooOld(version, 'here:4222');
      expect(refusal).toBeInstanceOf(ServerTooOld);
      expect(refusal?.message).toMatch(
        /at here:4222; EdgeFlow needs 2\.12\.7, 2\.14\.0 or newer \(why: .*https:\/\/advisories\.nats\.io/,
      );
    },
  );
});
