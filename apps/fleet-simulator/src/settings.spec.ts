import { describe, expect, it } from 'vitest';
import { parseSpan, readSettings } from './settings.js';

const needed = ['--origin', 'https://localhost', '--claim-token-file', 't', '--model', 'm'];

describe('the command line', () => {
  it('reads spans, rates and kinds', () => {
    const line = [
      '--connect-rate',
      '200/s',
      '--failure-kinds',
      'goes-silent',
      '--bad-version',
      '2.0.0',
      '--download-delay-ms',
      '0..2000',
    ];
    expect(readSettings([...needed, ...line])).toMatchObject({
      connectRate: 200,
      failureKinds: ['goes-silent'],
      badVersion: '2.0.0',
      downloadDelayMs: { from: 0, to: 2_000 },
      prefix: 'sim',
    });
  });

  it.each(['', '5..1', '-1', '1..', 'a'])('refuses the span %j', (text) => {
    expect(() => parseSpan(text)).toThrow();
  });
});
