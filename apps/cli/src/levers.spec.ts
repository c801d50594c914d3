import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { leverOptions, leversIn } from './levers.js';

function given(...args: string[]) {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const option of leverOptions()) command.addOption(option);
  return leversIn(command.parse(args, { from: 'user' }).opts());
}

describe('what is to be otherwise in a simulation', () => {
  it.each(['failure', 'limits', 'retry'])('may be nothing: --%s null', (lever) => {
    expect(given(`--${lever}`, 'null')).toEqual({ [lever]: null });
  });

  it('is as it was given, and as recorded where it was not', () => {
    expect(given('--strategy', '{"type":"all_at_once"}')).toEqual({ strategy: { type: 'all_at_once' } });
    expect(given()).toEqual({});
  });

  it('is JSON', () => {
    expect(() => given('--limits', '{max')).toThrow('It is not JSON');
  });
});
