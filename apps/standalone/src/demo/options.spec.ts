import { describe, expect, it } from 'vitest';
import { readOptions } from './options.js';

describe('the options of the demo', () => {
  it('are the update of one device when nothing is asked for', () => {
    expect(readOptions({})).toEqual({ timeout_s: 300 });
    expect(readOptions({ firmware: 'image.bin', timeout: '20' })).toEqual({ firmware: 'image.bin', timeout_s: 20 });
  });

  it('are a fleet as soon as one of its options is given', () => {
    const canary = { devices: 100, strategy: 'canary', bad: false };
    expect(readOptions({ devices: '500' }).fleet).toEqual({ ...canary, devices: 500 });
    expect(readOptions({ strategy: 'rolling' }).fleet).toEqual({ ...canary, strategy: 'rolling' });
    expect(readOptions({ badImage: true }).fleet).toEqual({ ...canary, bad: true });
    expect(readOptions({ revert: true }).fleet).toEqual({ ...canary, bad: true, reverts: true });
  });

  it('give a large fleet more time', () => {
    expect(readOptions({ devices: '1000' }).timeout_s).toBe(500);
  });

  it.each([
    [{ devices: 'many' }, '--devices must be a whole number from 1 to 10000'],
    [{ devices: '0' }, '--devices must be a whole number from 1 to 10000'],
    [{ devices: '1e3' }, '--devices must be a whole number from 1 to 10000'],
    [{ devices: '5', badImage: true }, /^--devices must be a whole number from 10 to 10000 with a bad image/],
    [{ revert: true, strategy: 'rolling' }, /^--revert needs a soak/],
    [{ revert: true, badImage: true }, /^--revert and --bad-image are two stories/],
    [{ strategy: 'blue_green' }, '--strategy must be one of all_at_once, rolling, canary, staged'],
    [{ timeout: 'soon' }, '--timeout must be a number of seconds'],
  ])('name what is wrong: %o', (options, message) => {
    expect(() => readOptions(options)).toThrow(message);
  });
});
