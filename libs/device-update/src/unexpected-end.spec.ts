import { describe, expect, it } from 'vitest';
import type { Phase } from '@edgeflow/contracts';
import { isDue } from './device-update.decider.js';
import { lastGood } from './good.js';
import {
  connected,
  decisionOn,
  disconnected,
  dispatchedUpdate,
  firmware,
  stateOf,
  reached,
  registered,
  requested,
  runs,
  stored,
} from './story.fixture.js';

describe('a device that comes back with a version that it neither ran nor was told', () => {
  it.each<[string, string]>([
    ['1.5.0', 'came-back-on-another-version'],
    ['v2.0.0', 'unexpected-version'],
    ['2.0', 'unexpected-version'],
    ['2.0.0.1', 'unexpected-version'],
    ['factory-2019-07', 'unexpected-version'],
  ])('%s has failed its update with %s', (version, code) => {
    const { events, update_id } = dispatchedUpdate();
    for (const said of [[], [reached(update_id, 'downloading')], [reached(update_id, 'rebooting')]]) {
      expect(decisionOn([...events, ...said, runs(version, 'boot_2')]).facts()[0]).toMatchObject({
        type: 'UpdateFailed',
        data: { code, detail: expect.stringContaining(version) as string },
      });
    }
  });

  it('that it ran all along goes on', () => {
    const events = [registered(), connected(), runs('factory-2019-07', 'boot_1'), requested()];
    const facts = decisionOn(events).facts();
    expect(facts[0]).toMatchObject({ type: 'UpdateDispatched', data: { from_version: 'factory-2019-07' } });
    const { events: told } = dispatchedUpdate();
    decisionOn([...told, runs('1.0.0', 'boot_2')]).thenNothing();
  });

  it('before it was told has not failed', () => {
    // The dispatch was decided on before the newest version was known, and that is said again.
    const { events } = dispatchedUpdate();
    const flashed = runs('1.5.0', 'boot_2');
    const again = runs('1.5.0', 'boot_2');
    decisionOn([...events.slice(0, -1), flashed, events.at(-1)!, again]).thenNothing();
  });
});

describe('a device that reboots again and again over an update', () => {
  const boots = (n: number, from = 2) => Array.from({ length: n }, (_, i) => runs('1.0.0', `boot_${from + i}`));

  it('without a word has failed it at the third time', () => {
    const { events } = dispatchedUpdate();
    decisionOn([...events, ...boots(2)]).thenNothing();
    expect(isDue(stateOf([...events, ...boots(2)]))).toBe(false);
    expect(decisionOn([...events, ...boots(3)]).facts()[0]).toMatchObject({
      type: 'UpdateFailed',
      data: { code: 'reboot-loop' },
    });
  });

  it('has failed nothing in boots in which nobody told it, however many', () => {
    const { events, update_id } = dispatchedUpdate();
    const untold = (n: number, from = 2) =>
      Array.from({ length: n }, (_, i) => runs('1.0.0', `boot_${from + i}`, { untold: true }));
    decisionOn([...events, ...untold(12)]).thenNothing();
    // Nor does it fail to get further where it had begun.
    decisionOn([...events, reached(update_id, 'downloading'), runs('1.0.0', 'boot_2'), ...untold(12, 3)]).thenNothing();
    // Those in which it was told count, whatever comes in between.
    decisionOn([...events, ...boots(2), ...untold(2, 4)]).thenNothing();
    expect(decisionOn([...events, ...boots(2), ...untold(2, 4), ...boots(1, 6)]).facts()).toMatchObject([
      { type: 'UpdateFailed', data: { code: 'reboot-loop' } },
    ]);
  });

  it('has failed it where it goes on by itself with what it has, told or not', () => {
    const { events, update_id } = dispatchedUpdate();
    const round = (boot: number) => [
      ...[reached(update_id, 'verifying'), runs('1.0.0', 'boot_' + String(boot), { untold: true })],
    ];
    expect(decisionOn([...events, ...round(2), ...round(3), ...round(4)]).facts()).toMatchObject([
      { type: 'UpdateFailed', data: { code: 'reboot-loop' } },
    ]);
  });

  it('with words in between goes on', () => {
    const { events, update_id } = dispatchedUpdate();
    const story = [...events, ...boots(2), reached(update_id, 'downloading'), ...boots(2, 4)];
    decisionOn(story).thenNothing();
  });

  it('has failed it too where it fetches the image each time, and falls back without a word from what it flashed', () => {
    const { events, update_id } = dispatchedUpdate();
    const round = (boot: number) => [
      ...[reached(update_id, 'downloading'), reached(update_id, 'verifying'), runs('1.0.0', 'boot_' + String(boot))],
    ];
    decisionOn([...events, ...round(2), ...round(3)]).thenNothing();
    expect(decisionOn([...events, ...round(2), ...round(3), ...round(4)]).facts()).toMatchObject([
      { type: 'UpdateFailed', data: { code: 'reboot-loop' } },
    ]);
  });

  it('goes on where its power is cut in the download each time', () => {
    const { events, update_id } = dispatchedUpdate();
    const round = (boot: number) => [reached(update_id, 'downloading'), runs('1.0.0', 'boot_' + String(boot))];
    decisionOn([...events, ...[2, 3, 4, 5, 6].flatMap(round)]).thenNothing();
  });

  const at = (update_id: string, phase: Phase, progress: number) =>
    stored('DeviceProgressReported', { update_id, phase, progress });

  it('has failed it where it never gets further with the download than it was', () => {
    const { events, update_id } = dispatchedUpdate();
    const round = (boot: number) => [at(update_id, 'downloading', 60), runs('1.0.0', 'boot_' + String(boot))];
    const rounds = (n: number) => Array.from({ length: n }, (_, i) => round(i + 2)).flat();
    decisionOn([...events, ...rounds(10)]).thenNothing();
    const ended = [...events, ...rounds(11)];
    expect(isDue(stateOf(ended))).toBe(true);
    expect(decisionOn(ended).facts()).toMatchObject([{ type: 'UpdateFailed', data: { code: 'reboot-loop' } }]);
  });

  it('goes on as long as it gets further, however little', () => {
    const { events, update_id } = dispatchedUpdate();
    const story = Array.from({ length: 90 }, (_, i) => [
      ...[at(update_id, 'downloading', Math.floor(i / 2)), runs('1.0.0', 'boot_' + String(i + 2))],
    ]).flat();
    decisionOn([...events, ...story]).thenNothing();
  });

  it('has failed it too where it installs it again and again, and always names the same boot', () => {
    const { events, update_id } = dispatchedUpdate();
    const round = (n: number) => [
      ...(['downloading', 'installing', 'rebooting'] as const).map((phase) => at(update_id, phase, 50)),
      ...[disconnected(`ses_${n}`), connected(`ses_${n + 1}`)],
    ];
    const rounds = (n: number) => Array.from({ length: n }, (_, i) => round(i + 1)).flat();
    decisionOn([...events, ...rounds(10)]).thenNothing();
    expect(decisionOn([...events, ...rounds(11)]).facts()).toMatchObject([
      { type: 'UpdateFailed', data: { code: 'reboot-loop' } },
    ]);
  });

  it('goes on where it only loses its tunnel, and goes on with the download where it was', () => {
    const { events, update_id } = dispatchedUpdate();
    const round = (n: number) => [
      ...[at(update_id, 'downloading', 60), disconnected(`ses_${n}`)],
      ...[connected(`ses_${n + 1}`), connected(`ses_${n + 1}`)],
    ];
    const story = Array.from({ length: 50 }, (_, i) => round(i + 1)).flat();
    decisionOn([...events, ...story]).thenNothing();
  });

  it('is counted by boots, not by tunnels', () => {
    const { events } = dispatchedUpdate();
    const same = Array.from({ length: 5 }, () => runs('1.0.0', 'boot_2'));
    decisionOn([...events, ...same]).thenNothing();
  });
});

describe('a device whose version is no semantic one', () => {
  const device = (version: string) => [registered(), connected(), runs(version, 'boot_1'), requested()];

  it('is not known to be new enough', () => {
    const picky = { ...firmware, min_version: '1.0.0' };
    const codeFor = (version: string) => decisionOn(device(version), [picky]).facts()[0]?.data;
    expect(codeFor('factory-2019-07')).toMatchObject({ code: 'min-version-not-met' });
    expect(codeFor('1.0')).toMatchObject({ code: 'min-version-not-met' });
    expect(codeFor('v1.2.0')).not.toHaveProperty('code');
  });

  it('goes back to the last firmware that it ran', () => {
    const state = stateOf([registered(), connected(), runs('1.0.0', 'boot_1'), runs('factory-2019-07', 'boot_2')]);
    expect(lastGood(state)).toBe('1.0.0');
    expect(state.good).toEqual(['1.0.0']);
  });
});
