import { afterEach, describe, expect, it, vi } from 'vitest';
import { readSettings } from './settings.js';

const needed = ['--origin', 'https://localhost', '--dir', '/d', '--device-id', 'dev_1', '--model', 'm1'];

afterEach(() => vi.unstubAllEnvs());

describe('the settings', () => {
  it('have defaults for what may be left out', () => {
    expect(readSettings(needed)).toMatchObject({ version: '1.0.0', restart: 'exec', commandTimeout: 600 });
  });

  it('come from the environment as well', () => {
    vi.stubEnv('EDGEFLOW_AGENT_DEVICE_ID', 'dev_2');
    vi.stubEnv('EDGEFLOW_AGENT_TAG', 'a,b');
    const rest = needed.filter((word) => word !== '--device-id' && word !== 'dev_1');
    expect(readSettings(rest)).toMatchObject({ deviceId: 'dev_2', tag: ['a', 'b'] });
  });

  it('name a program that says whether the version stays', () => {
    expect(readSettings([...needed, '--confirmed-command', 'grub-says']).confirmedCommand).toBe('grub-says');
  });

  it('take a tag more than once', () => {
    expect(readSettings([...needed, '--tag', 'a', '--tag', 'b']).tag).toEqual(['a', 'b']);
  });

  it.each([
    ['an id that is none', ['--device-id', 'a/b']],
    ['a version that is none', ['--version', 'v1']],
    ['a time-out of nothing', ['--command-timeout', '0']],
  ])('refuse %s', (_name, words) => {
    expect(() => readSettings([...needed, ...words])).toThrow('78');
  });
});
