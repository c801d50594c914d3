import { describe, expect, it } from 'vitest';
import { isBulk } from './bulk.js';
import { eventClasses, type EventName, type OtaEvent } from './events.js';

const of = (type: EventName, data: object = {}, ttl_s?: number): boolean =>
  isBulk({ type, data, ...(ttl_s !== undefined && { ttl_s }) } as unknown as OtaEvent);

describe('the room that is kept for control', () => {
  it('is for what stops, ends or takes back something', () => {
    const control = (Object.keys(eventClasses) as EventName[]).filter((type) => !of(type));
    expect(control).toEqual(
      expect.arrayContaining([
        ...['RolloutPauseRequested', 'RolloutAbortRequested', 'RollbackRequested', 'RolloutPaused', 'RolloutAborted'],
        ...['UpdateCompleted', 'UpdateFailed', 'UpdateCancelled', 'UpdateRejected', 'UpdateSkipped', 'DeadlineReached'],
        ...[
          'DeviceRevoked',
          'DeviceKeyRotated',
          'FirmwareRevoked',
          'SigningKeyRevoked',
          'ApiKeyRevoked',
          'ClaimRevoked',
        ],
        ...['DeviceVersionReported', 'DeviceUpdateReported', 'ActionRecorded', 'RolloutCompleted', 'WaveCompleted'],
      ]),
    );
  });

  it('is for the way back, not for the way out', () => {
    expect(of('UpdateDispatched', { rollback: true })).toBe(false);
    expect(of('UpdateDispatched')).toBe(true);
  });

  it('is for the phases that decide what a reboot means', () => {
    expect(of('DeviceProgressReported', { phase: 'downloading' })).toBe(true);
    expect(of('DeviceProgressReported', { phase: 'installing' })).toBe(false);
  });

  it('is not for presence', () => {
    expect(of('DeviceVersionReported', {}, 60)).toBe(true);
    expect(of('DeviceConnected')).toBe(true);
  });
});
