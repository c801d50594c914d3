import {
  refOf,
  sourceOfRequest,
  unreachable,
  type EventName,
  type EventOf,
  type StoredEvent,
  given,
} from '@edgeflow/contracts';
import { actionViolation, type RolloutEvent, type RolloutRequest } from './addressing.js';
import { aborted, amended, paused, resumed, retried, triggered, waveSkipped } from './control.evolve.js';
import { choicesAfter, isTold } from './choices.js';
import { countedIn, moved, noCounts, open, sumByReason } from './counts.js';
import { isRetrying } from './end-of-wait.js';
import { lateGate } from './gate.js';
import { waveMeant } from './next-wave.js';
import { withSuperseded } from './supersession.js';
import { goingOn, placesFor, started, wavesIn, withPlaces, withWaves, withoutReplaced } from './placement.js';
import { isPostponed, stageOf, type Member, type MemberEvent } from './member.js';
import { rollbackCompleted, turnedAgain, withNotBack, withUnavailable } from './rollback.evolve.js';
import {
  ANSWERED_MAX,
  isAccepted,
  type AcceptedRollout,
  type Inbox,
  type PendingAction,
  type Rollout,
  type Wave,
} from './rollout.state.js';

/** Which action each request asks for. */
const ACTIONS: { readonly [N in ActionRequest['type']]: PendingAction['action'] } = {
  FleetWindowRequested: 'set_window',
  RolloutPauseRequested: 'pause',
  RolloutResumeRequested: 'resume',
  RolloutAbortRequested: 'abort',
  RolloutApproveRequested: 'approve',
  RolloutRetryRequested: 'retry',
  RolloutSkipRequested: 'skip',
  RolloutAmendRequested: 'amend',
  RollbackRequested: 'rollback',
};

/** The rate limit looks back over so many seconds. */
export const RATE_WINDOW_S = 60;

type Of<N extends EventName> = StoredEvent<N>;
type ActionRequest = Exclude<RolloutRequest, Of<'RolloutRequested'>>;

/** The rollout after one more event of its stream, or of a request that is aimed at it. Pure; events of devices go to `countMember`. */
export function evolve(rollout: Rollout, event: RolloutEvent): Rollout {
  switch (event.type) {
    case 'RolloutRequested':
      return rollout.status === 'none' ? requested(rollout, event) : rollout;
    case 'RolloutPauseRequested':
    case 'RolloutResumeRequested':
    case 'RolloutAbortRequested':
    case 'RolloutApproveRequested':
    case 'RolloutRetryRequested':
    case 'RolloutSkipRequested':
    case 'RolloutAmendRequested':
    case 'RollbackRequested':
    case 'FleetWindowRequested':
      return withAction(rollout, event);
    case 'RolloutActionRefused':
      return answered(rollout, event.data.request_id);
    case 'RolloutRejected':
      return rejected(rollout, event);
    case 'RolloutAccepted':
      return isAccepted(rollout) ? rollout : accepted(rollout, event);
    case 'RolloutDevicesPlanned':
    case 'RolloutStarted':
    case 'RolloutApproved':
    case 'WaveStarted':
    case 'WaveCompleted':
    case 'WaveSkipped':
    case 'RolloutAmended':
    case 'RolloutPaused':
    case 'RolloutResumed':
    case 'RolloutRetried':
    case 'RolloutAborted':
    case 'RolloutCompleted':
    case 'RollbackTriggered':
    case 'RollbackCompleted':
      return isAccepted(rollout) ? moveOn(rollout, event) : rollout;
    default:
      return unreachable(event);
  }
}

/** The rollout after a device of it went from one status to another. */
export function countMember(rollout: Rollout, event: MemberEvent, before: Member, after: Member): Rollout {
  const isSame = before.status === after.status && before.reverted === after.reverted;
  if (!isAccepted(rollout) || (isSame && isPostponed(before) === isPostponed(after))) return rollout;
  const stage = stageOf(event);
  const waves = wavesIn(rollout, stage).map((wave, index) =>
    index === after.wave
      ? goingOn({ ...moving(wave, before, after), ...choicesAfter(wave, before, after) }, after, event.time)
      : wave,
  );
  const moved_on = withSuperseded(withWaves(rollout, stage, waves), event, before, after);
  const next = stage === 'rollback' ? withNotBack(moved_on, before, after) : moved_on;
  return isTold(before, after) ? dispatched(next, event.time) : next;
}

/** A wave after a device of it went from one status to another, or did not keep its version, or came to it again. */
function moving(wave: Wave, before: Member, after: Member): Wave {
  const counts = moved(wave.counts, before.status, after.status);
  const change = (n: number, holds: (member: Member) => boolean) => n + Number(holds(after)) - Number(holds(before));
  const reverted = change(wave.reverted ?? 0, (member) => member.reverted);
  const retrying = change(wave.retrying ?? 0, isRetrying);
  return {
    ...{ ...wave, counts },
    ...(reverted !== (wave.reverted ?? 0) && { reverted }),
    ...(retrying !== (wave.retrying ?? 0) && { retrying }),
  };
}

function requested({ actions, answered }: Inbox, event: Of<'RolloutRequested'>): Rollout {
  const { reason, requested_by, ...spec } = event.data;
  return {
    status: 'requested',
    ...{ actions, answered },
    request: {
      request_id: event.entity_id,
      ...(event.violation === undefined ? { spec } : { violation: event.violation }),
      ...given({ reason, requested_by }),
      source: sourceOfRequest(event),
      ref: refOf(event),
    },
  };
}

function withAction(rollout: Rollout, event: ActionRequest): Rollout {
  const action = ACTIONS[event.type];
  const request_id = event.entity_id;
  const known = rollout.answered.includes(request_id) || rollout.actions.some((one) => one.request_id === request_id);
  if (known) return rollout;
  const { reason, requested_by, role } = event.data;
  const violation = actionViolation(event);
  const pending: PendingAction = {
    ...{ request_id, action, source: sourceOfRequest(event), ref: refOf(event) },
    ...given({ violation, reason, requested_by, role }),
    ...(event.type === 'RolloutAmendRequested' && { amend: event.data.amend }),
    ...('wave' in event.data && given({ wave: event.data.wave })),
    ...(event.type === 'RolloutSkipRequested' && given({ wave: event.data.wave ?? waveMeant(rollout) })),
  };
  return { ...rollout, actions: [...rollout.actions, pending] };
}

function answered<R extends Rollout>(rollout: R, requestId: string | undefined): R {
  if (requestId === undefined) return rollout;
  return {
    ...rollout,
    actions: rollout.actions.filter((action) => action.request_id !== requestId),
    answered: [...rollout.answered, requestId].slice(-ANSWERED_MAX),
  };
}

function rejected(rollout: Rollout, { data, time }: Of<'RolloutRejected'>): Rollout {
  if (isAccepted(rollout)) return rollout;
  const { code, detail, request_id, requested_by, source } = data;
  const { ref: _, ...asked } = rollout.status === 'requested' ? rollout.request : { ref: undefined };
  const request = { request_id, ...given({ requested_by, source }), ...asked };
  const inbox = { actions: rollout.actions, answered: rollout.answered };
  return { status: 'rejected', code, detail, rejected_at: time, request, ...inbox };
}

function accepted({ actions, answered }: Inbox, event: Of<'RolloutAccepted'>): Rollout {
  const { rollout_id, request_id, spec, waves, excluded, requested_by, source, warnings, overlaps } = event.data;
  return {
    status: 'accepted',
    ...{ rollout_id, request_id, spec, excluded, accepted_at: event.time, actions, answered },
    ...given({ requested_by, source, warnings, overlaps, no_way_back: event.data.no_way_back }),
    waves: waves.map((wave) => ({ ...wave, counts: noCounts, status: 'pending' })),
    approved: -1,
    dispatched: [],
    last: refOf(event),
  };
}

function moveOn(
  before: AcceptedRollout,
  event: Exclude<EventOf<'rollout'>, Of<'RolloutAccepted' | 'RolloutRejected' | 'RolloutActionRefused'>>,
): Rollout {
  const rollout: AcceptedRollout = { ...before, last: refOf(event) };
  switch (event.type) {
    case 'RolloutDevicesPlanned':
      return planned(rollout, event);
    case 'RolloutStarted':
      return { ...rollout, status: 'running' };
    case 'RolloutApproved':
      return answered({ ...rollout, approved: event.data.wave }, event.data.request_id);
    case 'WaveStarted':
      return withWave(rollout, event, (wave) => started(wave, event));
    case 'WaveCompleted':
      return withWave(rollout, event, (wave) => completed(wave, event));
    case 'WaveSkipped':
      return answered(waveSkipped(rollout, event), event.data.request_id);
    case 'RolloutAmended':
      return answered(amended(rollout, event), event.data.request_id);
    case 'RolloutPaused':
      return answered(paused(rollout, event), event.data.request_id);
    case 'RolloutResumed':
      return answered(resumed(rollout, event), event.data.request_id);
    case 'RolloutRetried':
      return answered(retried(rollout, event), event.data.request_id);
    case 'RolloutAborted':
      return answered(aborted(rollout, event), event.data.request_id);
    case 'RolloutCompleted':
      return completedRollout(rollout, event);
    case 'RollbackTriggered':
      return answered(triggered(rollout, event), event.data.request_id);
    case 'RollbackCompleted':
      return rollbackCompleted(rollout);
    default:
      return unreachable(event);
  }
}

function planned(rollout: AcceptedRollout, { data, time }: Of<'RolloutDevicesPlanned'>): AcceptedRollout {
  const { stage, devices, excluded, joined } = data;
  const places = placesFor(rollout, stage, devices.length);
  const waves = withoutReplaced(wavesIn(rollout, stage), devices);
  const next = withWaves(rollout, stage, withPlaces(waves, places, time));
  const reasons = excluded.map(({ reason }) => reason);
  if (stage === 'rollback') return withUnavailable(turnedAgain(next), reasons);
  if (joined !== true) return next; // RolloutAccepted counted those that the plan left out.
  const alive: AcceptedRollout =
    next.status === 'completed' && devices.length > 0 ? { ...next, status: 'running' } : next;
  const before = [...devices, ...excluded].flatMap(({ was_excluded }) => was_excluded ?? []);
  const counted = { ...alive, excluded: countedIn(countedIn(next.excluded, before, -1), reasons) };
  const { warnings, no_way_back } = counted;
  return {
    ...counted,
    ...(data.warnings && { warnings: sumByReason(warnings ?? {}, data.warnings) }),
    ...(data.no_way_back && { no_way_back: sumByReason(no_way_back ?? {}, data.no_way_back) }),
  };
}

/** A gate that is reached by what stands in the log before the end, and was not seen then, is asked first: whoever goes on over it ends the rollout. */
function completedRollout(rollout: AcceptedRollout, { time }: Of<'RolloutCompleted'>): AcceptedRollout {
  if (rollout.status === 'running' && lateGate(rollout)) return rollout;
  return { ...rollout, status: 'completed', completed_at: time };
}

function withWave(
  rollout: AcceptedRollout,
  { data: { stage, wave: index } }: Of<'WaveStarted' | 'WaveCompleted'>,
  change: (wave: Wave) => Wave,
): AcceptedRollout {
  const waves = wavesIn(rollout, stage).map((wave, n) => (n === index ? change(wave) : wave));
  return withWaves(rollout, stage, waves);
}

function completed(wave: Wave, event: Of<'WaveCompleted'>): Wave {
  const { gate, stage } = event.data;
  // A device has said that it is not back while that was written down: it is brought back first.
  if (stage === 'rollback' && open(wave.counts) > 0) return wave;
  const running = wave.status === 'pending' ? started(wave, event) : wave;
  return { ...running, status: 'completed', completed_at: event.time, ...(gate && { gate }) };
}

/** The moment counts for the rate limit; what is older than a minute does not any more. */
function dispatched(rollout: AcceptedRollout, time: string): AcceptedRollout {
  const second = Math.floor(Date.parse(time) / 1000);
  // The second that is a whole minute ago may have been over less than a minute ago: `roomOf` still counts it.
  const recent = rollout.dispatched.filter((entry) => entry.second >= second - RATE_WINDOW_S);
  const same = recent.find((entry) => entry.second === second)?.devices ?? 0;
  return {
    ...rollout,
    dispatched: [...recent.filter((entry) => entry.second !== second), { second, devices: same + 1 }],
  };
}
