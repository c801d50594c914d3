import type { EventName, StoredEvent } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { Arrivals } from './arrivals.js';

const at = new Date('2026-11-29T00:00:00Z');
const later = new Date(at.getTime() + 1_000);
const event = (type: EventName): StoredEvent => ({ type }) as StoredEvent;

describe('looks for devices that have come', () => {
  it('are due at first, and not again while nothing has come', () => {
    const arrivals = new Arrivals();
    expect(arrivals.due('acme/rol_1', at)).toBe(true);
    expect(arrivals.due('acme/rol_1', at)).toBe(false);
  });

  it.each<EventName>([
    ...(['DeviceRegistered', 'DeviceVersionReported', 'FirmwareUploaded'] as const),
    // Who had the id before waits no more; another rollout keeps nobody any more.
    ...(['UpdateSkipped', 'UpdateRejected', 'RolloutAborted', 'RollbackCompleted'] as const),
  ])('are due again after %s', (type) => {
    const arrivals = new Arrivals();
    arrivals.due('acme/rol_1', at);
    arrivals.heard([event(type)]);
    expect(arrivals.due('acme/rol_1', at)).toBe(false);
    expect(arrivals.due('acme/rol_1', later)).toBe(true);
  });

  it('are not due again for what brings no device', () => {
    const arrivals = new Arrivals();
    arrivals.due('acme/rol_1', at);
    arrivals.heard([event('DeviceProgressReported')]);
    expect(arrivals.due('acme/rol_1', later)).toBe(false);
  });

  it('are not remembered of rollouts that are over', () => {
    const arrivals = new Arrivals();
    for (const rollout of ['acme/rol_1', 'acme/rol_2']) arrivals.due(rollout, at);
    arrivals.keep(new Set(['acme/rol_2']));
    expect(arrivals.due('acme/rol_1', at)).toBe(true);
    expect(arrivals.due('acme/rol_2', at)).toBe(false);
  });
});
