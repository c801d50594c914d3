import { systemClock } from '@edgeflow/runtime';
import { describe, expect, it } from 'vitest';
import { argvOf, runCommand } from './command.js';

const places = { image: '/var/lib/my device/image.bin', slot: 'b', version: '2.0.0' };
const within = (timeout_ms: number, signal = new AbortController().signal) => ({
  timeout_ms,
  signal,
  clock: systemClock,
});
const node = (script: string) => [process.execPath, '-e', script];

describe('a command template', () => {
  it('becomes an argv in which a blank of a path splits nothing', () => {
    expect(argvOf('flash --slot={slot} {image} "a b" \'\'', places)).toEqual([
      'flash',
      '--slot=b',
      '/var/lib/my device/image.bin',
      'a b',
      '',
    ]);
  });

  it('is no shell', () => {
    expect(argvOf('echo $HOME;reboot {version}', places)).toEqual(['echo', '$HOME;reboot', '2.0.0']);
  });
});

describe('a command', () => {
  it('succeeds with exit code 0', async () => {
    expect(await runCommand(node(''), within(10_000))).toMatchObject({ ok: true });
  });

  it('fails with any other, and its last words are kept', async () => {
    const { ok, message } = await runCommand(
      node('console.error("x".repeat(5000) + " no such board"); process.exit(3)'),
      within(10_000),
    );
    expect(ok).toBe(false);
    expect(message).toMatch(/^node ended with 3: x+ no such board$/);
    expect(message.length).toBeLessThanOrEqual(1_000);
  });

  it('fails when there is no such program', async () => {
    expect(await runCommand(['/no/such/program'], within(10_000))).toMatchObject({
      ok: false,
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('is killed when it takes too long', async () => {
    const outcome = await runCommand(node('setInterval(() => {}, 1000)'), within(300));
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining('took longer than 0.3 s') });
  });

  it('is killed when the agent stops, which is no outcome', async () => {
    await expect(
      runCommand(node('setInterval(() => {}, 1000)'), within(60_000, AbortSignal.timeout(300))),
    ).rejects.toThrow();
  });
});
