import { describe, expect, it } from 'vitest';
import { rollingBack, rollout } from './rollout.fixture.js';
import { badVerdict, goodVerdict, type Finding, type FleetDevice, type RolloutMember } from './verdict.js';

const failed = (findings: Finding[]): string[] => findings.filter(({ so }) => !so).map(({ text }) => text);
const device = (device_id: string, current_version: string, told = true): FleetDevice => ({
  ...{ device_id, current_version, last_update_at: told ? '2026-01-01T00:00:00.000Z' : null },
});
const member = (device_id: string, wave: number, stage: RolloutMember['stage'] = 'forward'): RolloutMember => ({
  ...{ device_id, wave, stage, status: 'succeeded' },
});

describe('the verdict on a good image', () => {
  const completed = rollout({ state: 'completed', eligible: 2, succeeded: 2 });

  it('wants every device on the new version', () => {
    const devices = [device('a', '1.1.0'), device('b', '1.1.0')];
    expect(failed(goodVerdict({ rollout: completed, devices, members: [] }))).toEqual([]);
    const late = [device('a', '1.1.0'), device('b', '1.0.0')];
    expect(failed(goodVerdict({ rollout: completed, devices: late, members: [] }))).toEqual([
      '1 of 2 devices run 1.1.0',
    ]);
  });

  it('wants no failure', () => {
    const devices = [device('a', '1.1.0')];
    const one = { ...completed, succeeded: 1, failed: 1 };
    expect(failed(goodVerdict({ rollout: one, devices, members: [] }))).toEqual([
      'the rollout is completed: 1 of 2 succeeded, 1 failed',
    ]);
  });
});

describe('the verdict on a bad image', () => {
  const rolledBack = { ...rollingBack, state: 'rolled_back' as const };
  const members = [member('a', 0), member('b', 0), member('c', 1), member('a', 0, 'rollback')];

  it('wants every device that was told back, and nobody told beyond the canary', () => {
    const devices = [device('a', '1.0.0'), device('b', '1.0.0'), device('c', '1.0.0', false)];
    expect(badVerdict({ rollout: rolledBack, devices, members })).toEqual([
      { so: true, text: 'the rollout is rolled back, by gate' },
      { so: true, text: '2 of 2 devices that were told run 1.0.0, 1 of them brought back' },
      { so: true, text: '1 of 1 devices outside of wave 0 were never told' },
    ]);
  });

  it('names a device that stayed on the bad version, and one that should not have been told', () => {
    const devices = [device('a', '1.1.0'), device('b', '1.0.0'), device('c', '1.0.0')];
    expect(failed(badVerdict({ rollout: rolledBack, devices, members }))).toEqual([
      '2 of 3 devices that were told run 1.0.0, 1 of them brought back',
      '0 of 1 devices outside of wave 0 were never told',
    ]);
  });

  it('is not content with an image that went through', () => {
    const devices = [device('a', '1.1.0')];
    const through = rollout({ state: 'completed' });
    expect(failed(badVerdict({ rollout: through, devices, members }))).toContain('the rollout is completed, by nobody');
  });
});
