import { describe, expect, it } from 'vitest';
import type { Fact, StoredEvent } from '@edgeflow/contracts';
import { rolloutIdOf, rolloutOf } from './addressing.js';
import { rollout_id, specWith, start, storedAt } from './story.fixture.js';

const asked = (fact: Fact, violation?: string): StoredEvent => ({
  ...storedAt(fact, { position: 1, at: start, entity_id: 'req_7' }),
  ...(violation !== undefined && { violation }),
});
const own = rolloutIdOf('acme', 'req_7');
const window = { cron: '0 2 * * *', duration_s: 60, time_zone: 'UTC' };

describe('the rollout of an event', () => {
  it('is known from the request on, and another one in each organization', () => {
    expect(rolloutOf(asked({ type: 'RolloutRequested', data: specWith() }))).toBe(own);
    expect(rolloutIdOf('other', 'req_7')).not.toBe(own);
  });

  it.each([
    ...(['RolloutPauseRequested', 'RolloutResumeRequested', 'RolloutAbortRequested'] as const),
    ...(['RolloutApproveRequested', 'RolloutRetryRequested', 'RollbackRequested'] as const),
  ])('is the one that %s names, else the one that answers it', (type) => {
    expect(rolloutOf(asked({ type, data: { rollout_id } }))).toBe(rollout_id);
    expect(rolloutOf(asked({ type, data: {} } as Fact, 'rollout_id must be string'))).toBe(own);
  });

  it('is none for the rollback of one device', () => {
    expect(rolloutOf(asked({ type: 'RollbackRequested', data: { device_id: 'dev_1' } }))).toBeUndefined();
    expect(rolloutOf(asked({ type: 'RollbackRequested', data: { device_id: 'dev_1', rollout_id } }))).toBe(rollout_id);
  });

  it('is none for the window of a fleet, unless it cannot be read', () => {
    expect(rolloutOf(asked({ type: 'FleetWindowRequested', data: { fleet: 'north', window } }))).toBeUndefined();
    expect(rolloutOf(asked({ type: 'FleetWindowRequested', data: { fleet: 'north' } }))).toBeUndefined();
    const bad = { ...window, time_zone: 'Mars' };
    expect(rolloutOf(asked({ type: 'FleetWindowRequested', data: { fleet: 'north', window: bad } }))).toBe(own);
  });

  it('is that of its stream for the rollout’s own events, and none for those of devices', () => {
    const stream = { position: 1, at: start, entity_id: rollout_id };
    expect(rolloutOf(storedAt({ type: 'RolloutStarted', data: { rollout_id } }, stream))).toBe(rollout_id);
    const update = { type: 'DeviceRevoked', data: { device_id: 'dev_1', revoked_by: 'x' } } as const;
    expect(rolloutOf({ ...storedAt(update, stream), entity: 'device' } as StoredEvent)).toBeUndefined();
  });
});
