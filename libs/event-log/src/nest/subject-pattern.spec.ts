import { describe, expect, it } from 'vitest';
import { matches } from './subject-pattern.js';

const subject = 'ota.acme.update.d1.UpdateDispatched';

describe('a pattern', () => {
  it.each([subject, 'ota.*.update.*.UpdateDispatched', 'ota.>', 'ota.acme.update.d1.>', 'ota.*.*.*.*', '>'])(
    '%s names the subject',
    (pattern) => expect(matches(pattern, subject)).toBe(true),
  );

  it.each(['ota.*.device.>', 'ota.*.update.*', `${subject}.>`, 'ota.*.update.*.UpdateQueued', '*.>.x', 'ota'])(
    '%s does not',
    (pattern) => expect(matches(pattern, subject)).toBe(false),
  );
});
