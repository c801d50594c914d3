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

  it('has people who choose only where they are asked for', () => {
    const { failureKinds, postponeS } = readSettings(needed);
    expect(failureKinds).not.toContain('declines');
    expect(postponeS).toBe(10);
    const chosen = ['--failure-kinds', 'declines,postpones', '--postpone-s', '3'];
    expect(readSettings([...needed, ...chosen])).toMatchObject({
      failureKinds: ['declines', 'postpones'],
      postponeS: 3,
    });
  });

  it.each(['sim', 'aa:bb:cc', '10.20.30', '..', 'x'.repeat(56)])('takes the prefix %j', (prefix) => {
    expect(readSettings([...needed, '--prefix', prefix]).prefix).toBe(prefix);
  });

  it.each(['', 'a/b', 'a b', 'a~b', 'x'.repeat(57)])('refuses the prefix %j', (prefix) => {
    expect(() => readSettings([...needed, '--prefix', prefix])).toThrow('78');
  });

  it('ends the program when something is missing', () => {
    expect(() => readSettings(needed.slice(2))).toThrow('78');
  });

  it.each(['', '5..1', '-1', '1..', 'a'])('refuses the span %j', (text) => {
    expect(() => parseSpan(text)).toThrow();
  });
});
