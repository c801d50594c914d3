import {
  type DataOf,
  type EndNumbers,
  type EventName,
  type Fact,
  type GateDecision,
  type OtaEvent,
  type RolloutAction,
  type RolloutSpec,
} from '@edgeflow/contracts';
import { rolloutIdOf } from '@edgeflow/rollout';
import { causedBy, happened } from './device-story.fixture.js';

type Cause = Pick<OtaEvent, 'id' | 'correlation_id'>;
type Planned = DataOf<'RolloutDevicesPlanned'>;

/** A canary of 4, then the rest at once. */
export const canary: RolloutSpec = {
  version: '1.1.0',
  target: { fleet: 'north' },
  strategy: { type: 'canary', count: 4, soak_s: 0, success_percent: 90, then: { type: 'all_at_once' } },
  failure: { percent: 10, action: 'rollback' },
};

/** A failure gate that is not passed. */
export function tripped(failed: number, finished: number, action: GateDecision['action'] = 'rollback'): GateDecision {
  return {
    ...{ gate: 'failure', passed: false, per: 'wave', wave: 0, finished, succeeded: finished - failed, failed },
    percent: (failed * 100) / finished,
    threshold_percent: 10,
    ...(action && { action }),
  };
}

export function ended(succeeded: number, failed = 0, cancelled = 0, skipped = 0): EndNumbers {
  return { eligible: succeeded + failed + cancelled + skipped, succeeded, failed, cancelled, skipped };
}

/** What can happen to one rollout, in words. Each event of its stream is caused by `cause`, or by the one that was told before it. */
export function rolloutStory(request_id: string, org = 'acme', rollout_id = rolloutIdOf(org, request_id)) {
  const stream = { org, entity: 'rollout', entity_id: rollout_id } as const;
  let last: Cause | undefined;
  const told = <N extends EventName>(fact: Fact<N>, cause?: Cause): OtaEvent<N> => {
    const event = happened(stream, fact);
    const before = cause ?? last;
    const caused = before ? causedBy(before, event) : event;
    last = caused;
    return caused;
  };
  const asked = <N extends EventName>(id: string, fact: Fact<N>) =>
    happened({ org, entity: 'request', entity_id: id }, fact);
  const operator = (id: string, reason = 'night shift') => ({
    ...{ rollout_id, cause: 'operator' as const, request_id: id, reason, requested_by: 'carol', role: 'operator' },
  });
  return {
    rollout_id,
    requested: (spec: RolloutSpec = canary) => {
      last = asked(request_id, { type: 'RolloutRequested', data: { ...spec, requested_by: 'carol' } });
      return last as OtaEvent<'RolloutRequested'>;
    },
    actionRequested: (id: string, type: 'RolloutPauseRequested' | 'RolloutResumeRequested' | 'RolloutAbortRequested') =>
      asked(id, { type, data: { rollout_id, reason: 'night shift', requested_by: 'carol', role: 'operator' } }),
    accepted: (waves: number[], excluded: Record<string, number> = {}, spec: RolloutSpec = canary) =>
      told({
        type: 'RolloutAccepted',
        data: {
          ...{ rollout_id, request_id, spec, excluded, requested_by: 'carol' },
          waves: waves.map((eligible) => ({ eligible, soak_s: 0 })),
          eligible: waves.reduce((sum, n) => sum + n, 0),
        },
      }),
    rejected: (code = 'firmware-unknown', detail = 'There is no firmware 1.1.0.') =>
      told({ type: 'RolloutRejected', data: { rollout_id, request_id, code, detail } }),
    planned: (devices: Planned['devices'], excluded: Planned['excluded'] = [], more: Partial<Planned> = {}) =>
      told({ type: 'RolloutDevicesPlanned', data: { rollout_id, stage: 'forward', devices, excluded, ...more } }),
    started: () => told({ type: 'RolloutStarted', data: { rollout_id } }),
    waveStarted: (wave: number, eligible: number, stage: Planned['stage'] = 'forward') =>
      told({ type: 'WaveStarted', data: { rollout_id, stage, wave, eligible } }),
    waveCompleted: (wave: number, numbers: EndNumbers, more: { gate?: GateDecision; stage?: Planned['stage'] } = {}) =>
      told({ type: 'WaveCompleted', data: { rollout_id, stage: 'forward', wave, numbers, ...more } }),
    paused: (cause: OtaEvent) => told({ type: 'RolloutPaused', data: operator(cause.entity_id) }, cause),
    resumed: (cause: OtaEvent) => told({ type: 'RolloutResumed', data: operator(cause.entity_id) }, cause),
    aborted: (cause: OtaEvent) => told({ type: 'RolloutAborted', data: operator(cause.entity_id) }, cause),
    endedByNobody: (reason: string) =>
      told({ type: 'RolloutAborted', data: { rollout_id, cause: 'operator', reason } }),
    triggered: (gate: GateDecision) => told({ type: 'RollbackTriggered', data: { rollout_id, cause: 'gate', gate } }),
    wentBack: (
      numbers: EndNumbers,
      unavailable = 0,
      more: { incomplete?: number; codes?: Record<string, number>; revoked?: number } = {},
    ) => told({ type: 'RollbackCompleted', data: { rollout_id, numbers, unavailable, ...more } }),
    completed: (numbers: EndNumbers) => told({ type: 'RolloutCompleted', data: { rollout_id, numbers } }),
    refused: (cause: OtaEvent, action: RolloutAction, code = 'action-not-allowed') =>
      causedBy(
        cause,
        happened(stream, {
          type: 'RolloutActionRefused',
          data: { rollout_id, request_id: cause.entity_id, action, code, detail: 'not now' },
        }),
      ),
  };
}

/** An event of an update as one that a rollout wanted: of this wave, told by this event. */
export function inRollout<N extends Extract<EventName, `Update${string}`>>(
  place: { rollout_id: string; wave: number; attempt?: number; rollback?: true },
  event: OtaEvent<N>,
  cause?: Cause,
): OtaEvent<N> {
  const placed = { ...event, data: { ...event.data, attempt: 1, ...place } } as OtaEvent<N>;
  return cause ? causedBy(cause, placed) : placed;
}
