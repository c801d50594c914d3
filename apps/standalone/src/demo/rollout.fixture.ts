import type { GateDecision } from '@edgeflow/contracts';
import type { Rollout, Wave } from './rollout.js';

/** A wave that has not begun. */
export function wave(index: number, eligible: number, now: Partial<Wave> = {}): Wave {
  return {
    ...{ index, state: 'pending', eligible, queued: eligible, in_flight: 0 },
    ...{ succeeded: 0, failed: 0, cancelled: 0, skipped: 0, superseded: 0, postponed: 0, declined: 0 },
    ...{ reverted: 0, percent: 0 },
    ...{ soak_s: 0, success_percent: null, started_at: null, completed_at: null, gate: null },
    ...now,
  };
}

/** A rollout of 1.1.0 to 100 devices in two waves, which runs. */
export function rollout(now: Partial<Rollout> = {}): Rollout {
  const strategy = { type: 'canary' as const, count: 20 };
  return {
    ...{ rollout_id: 'rol_1', version: '1.1.0', state: 'running', strategy, percent: 0, eligible: 100, excluded: {} },
    waves: [wave(0, 20), wave(1, 80)],
    ...{ allowed_actions: [], waiting_for: [], position: 7, succeeded: 0, failed: 0, reverted: 0, warnings: {} },
    ...{ no_way_back: null, rollback: null },
    spec: { version: '1.1.0', target: { fleet: 'demo' }, strategy },
    ...{
      request_id: 'req_1',
      requested_by: 'operator@acme',
      source: 'http:operator@acme',
      accepted_at: '2026-01-01T00:00:00.000Z',
    },
    ...{ overlaps: [], superseded_by: [], rejected_at: null, code: null, detail: null },
    ...now,
  };
}

/** Twelve of sixteen failed: it is rolled back. */
export const failureGate: GateDecision = {
  ...{ gate: 'failure', passed: false, per: 'wave', wave: 0, finished: 16, succeeded: 4, failed: 12, percent: 75 },
  ...{ threshold_percent: 20, min_finished: 16, action: 'rollback' },
};

/** All succeeded. */
export const successGate: GateDecision = {
  ...{ gate: 'success', passed: true, per: 'wave', wave: 0, finished: 20, succeeded: 20, failed: 0, percent: 100 },
  ...{ threshold_percent: 95, action: 'rollback' },
};

/** The canary failed, its four good devices are being rolled back. */
export const rollingBack = rollout({
  state: 'rolling_back',
  percent: 100,
  succeeded: 4,
  failed: 16,
  waves: [
    wave(0, 20, {
      state: 'completed',
      queued: 0,
      succeeded: 4,
      failed: 16,
      percent: 100,
      started_at: '2026-01-01T00:00:00Z',
    }),
    wave(1, 80, { state: 'cancelled', queued: 0, cancelled: 80, percent: 100 }),
  ],
  rollback: {
    ...{ cause: 'gate', triggered_at: '2026-01-01T00:00:09.000Z', reason: null, gate: failureGate, percent: 25 },
    waves: [wave(0, 4, { state: 'running', queued: 1, in_flight: 2, succeeded: 1, percent: 25 })],
    ...{ unavailable: {}, incomplete: 0, codes: {}, revoked: 0 },
  },
  waiting_for: [{ reason: 'devices_in_flight', devices: 2 }],
});
