import { isAdministrative, unreachable, type DataOf, type EventName, type StoredEvent } from '@edgeflow/contracts';
import { actionViolation } from './addressing.js';
import { aborted, paused, resumed, retried, triggered } from './control.evolve.js';
import { moved, noCounts } from './counts.js';
import { refOf } from './event-ref.js';
import { placesFor, wavesIn, withPlaces } from './placement.js';
import { stageOf, type Member, type MemberEvent } from './member.js';
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
const ACTIONS: { readonly [N in EventName]?: PendingAction['action'] } = {
  FleetWindowRequested: 'set_window',
  RolloutPauseRequested: 'pause',
  RolloutResumeRequested: 'resume',
  RolloutAbortRequested: 'abort',
  RolloutApproveRequested: 'approve',
  RolloutRetryRequested: 'retry',
  RollbackRequested: 'rollback',
};

/** The rate limit looks back over so many seconds. */
export const RATE_WINDOW_S = 60;

type Of<N extends EventName> = StoredEvent<N>;

/** The rollout after one more event of its lane, or of a request that is aimed at it. Pure; events of devices go to `countMember`. */
export function evolve(rollout: Rollout, event: StoredEvent): Rollout {
  if (isAdministrative(event)) return rollout;
  switch (event.type) {
    case 'RolloutRequested':
      return rollout.status === 'none' ? requested(rollout, event) : rollout;
    case 'RolloutPauseRequested':
    case 'RolloutResumeRequested':
    case 'RolloutAbortRequested':
    case 'RolloutApproveRequested':
    case 'RolloutRetryRequested':
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
    case 'RolloutPaused':
    case 'RolloutResumed':
    case 'RolloutRetried':
    case 'RolloutAborted':
    case 'RolloutCompleted':
    case 'RollbackTriggered':
    case 'RollbackCompleted':
      return isAccepted(rollout) ? moveOn(rollout, event) : rollout;
    // Ignored: what devices do is counted by member (`countMember`); firmwares and fleets are looked up.
    case 'UpdateRequested':
    case 'FleetWindowChanged':
    case 'RequestRefused':
    case 'FirmwareUploaded':
    case 'FirmwareSigned':
    case 'FirmwareRevoked':
    case 'UpdateQueued':
    case 'UpdateDispatched':
    case 'UpdateSkipped':
    case 'UpdateRejected':
    case 'UpdateCompleted':
    case 'UpdateFailed':
    case 'UpdateCancelled':
    case 'DeadlineReached':
    case 'DeviceRegistered':
    case 'DeviceKeyRotated':
    case 'DeviceRevoked':
    case 'DeviceConnected':
    case 'DeviceDisconnected':
    case 'DeviceVersionReported':
    case 'DeviceProgressReported':
    case 'DeviceUpdateReported':
    case 'DeviceRefused':
      return rollout;
    default:
      return unreachable(event);
  }
}

/** The rollout after a device of it went from one status to another. */
export function countMember(rollout: Rollout, event: MemberEvent, before: Member, after: Member): Rollout {
  if (!isAccepted(rollout) || before === after || before.status === after.status) return rollout;
  const stage = stageOf(event);
  const waves = wavesIn(rollout, stage).map((wave, index) =>
    index === after.wave ? { ...wave, counts: moved(wave.counts, before.status, after.status) } : wave,
  );
  const counted = withWaves(rollout, stage, waves);
  return after.status === 'in_flight' ? told(counted, event.time) : counted;
}

function requested({ actions, answered }: Inbox, event: Of<'RolloutRequested'>): Rollout {
  const { reason, requested_by, ...spec } = event.data;
  return {
    status: 'requested',
    ...{ actions, answered },
    wish: {
      request_id: event.entity_id,
      ...(event.violation === undefined ? { spec } : { violation: event.violation }),
      ...(reason !== undefined && { reason }),
      ...(requested_by !== undefined && { requested_by }),
      ref: refOf(event),
    },
  };
}

function withAction(rollout: Rollout, event: StoredEvent): Rollout {
  const action = ACTIONS[event.type];
  const request_id = event.entity_id;
  const known = rollout.answered.includes(request_id) || rollout.actions.some((one) => one.request_id === request_id);
  if (!action || known) return rollout;
  const { reason, requested_by, role } = event.data as DataOf<'RolloutPauseRequested'>;
  const violation = actionViolation(event);
  const pending: PendingAction = {
    ...{ request_id, action, ref: refOf(event) },
    ...(violation !== undefined && { violation }),
    ...(reason !== undefined && { reason }),
    ...(requested_by !== undefined && { requested_by }),
    ...(role !== undefined && { role }),
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
  const { code, detail } = data;
  const version = rollout.status === 'requested' ? rollout.wish.spec?.version : undefined;
  const inbox = { actions: rollout.actions, answered: rollout.answered };
  return { status: 'rejected', code, detail, rejected_at: time, ...inbox, ...(version !== undefined && { version }) };
}

function accepted({ actions, answered }: Inbox, event: Of<'RolloutAccepted'>): Rollout {
  const { rollout_id, request_id, spec, waves, excluded, requested_by } = event.data;
  return {
    status: 'accepted',
    ...{ rollout_id, request_id, spec, excluded, accepted_at: event.time, actions, answered },
    ...(requested_by !== undefined && { requested_by }),
    waves: waves.map((wave) => ({ ...wave, counts: noCounts, status: 'pending' })),
    approved: -1,
    told: [],
    last: refOf(event),
  };
}

function moveOn(
  before: AcceptedRollout,
  event: Exclude<StoredEvent, Of<'RolloutAccepted' | 'RolloutRejected'>>,
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
    case 'RolloutPaused':
      return answered(paused(rollout, event), event.data.request_id);
    case 'RolloutResumed':
      return answered(resumed(rollout, event), event.data.request_id);
    case 'RolloutRetried':
      return answered(retried(rollout, event), event.data.request_id);
    case 'RolloutAborted':
      return answered(aborted(rollout, event), event.data.request_id);
    case 'RolloutCompleted':
      return { ...rollout, status: 'completed', completed_at: event.time };
    case 'RollbackTriggered':
      return answered(triggered(rollout, event), event.data.request_id);
    case 'RollbackCompleted':
      return rollout.status === 'rolling_back' ? { ...rollout, status: 'rolled_back' } : rollout;
    default:
      return before;
  }
}

function withWaves(rollout: AcceptedRollout, stage: 'forward' | 'rollback', waves: readonly Wave[]): AcceptedRollout {
  if (stage === 'forward') return { ...rollout, waves };
  return 'rollback' in rollout && rollout.rollback ? { ...rollout, rollback: { ...rollout.rollback, waves } } : rollout;
}

function planned(rollout: AcceptedRollout, { data, time }: Of<'RolloutDevicesPlanned'>): AcceptedRollout {
  const { stage, devices, excluded, joined } = data;
  const places = placesFor(rollout, stage, devices.length);
  const next = withWaves(rollout, stage, withPlaces(wavesIn(rollout, stage), places, time));
  const reasons = excluded.map(({ reason }) => reason);
  if (stage === 'rollback') return withUnavailable(turnedAgain(next), reasons);
  if (joined !== true) return next; // RolloutAccepted counted those that the plan left out.
  const alive: AcceptedRollout =
    next.status === 'completed' && devices.length > 0 ? { ...next, status: 'running' } : next;
  const before = [...devices, ...excluded].flatMap(({ was_excluded }) => was_excluded ?? []);
  return { ...alive, excluded: countedIn(countedIn(next.excluded, before, -1), reasons) };
}

/** A device that comes late, after its update was withdrawn, is brought back too. */
function turnedAgain(rollout: AcceptedRollout): AcceptedRollout {
  return rollout.status === 'rolled_back' ? { ...rollout, status: 'rolling_back' } : rollout;
}

function withUnavailable(rollout: AcceptedRollout, reasons: readonly string[]): AcceptedRollout {
  if (!('rollback' in rollout) || !rollout.rollback) return rollout;
  const { rollback } = rollout;
  return { ...rollout, rollback: { ...rollback, unavailable: countedIn(rollback.unavailable, reasons) } };
}

/** Counts by reason after one more, or one less, of each. */
function countedIn(
  counts: Readonly<Record<string, number>>,
  reasons: readonly string[],
  change: 1 | -1 = 1,
): Record<string, number> {
  const next = { ...counts };
  for (const reason of reasons) next[reason] = (next[reason] ?? 0) + change;
  return Object.fromEntries(Object.entries(next).filter(([, count]) => count > 0));
}

function withWave(
  rollout: AcceptedRollout,
  { data: { stage, wave: index } }: Of<'WaveStarted' | 'WaveCompleted'>,
  change: (wave: Wave) => Wave,
): AcceptedRollout {
  const waves = wavesIn(rollout, stage).map((wave, n) => (n === index ? change(wave) : wave));
  return withWaves(rollout, stage, waves);
}

function started({ eligible, soak_s, success_percent, counts }: Wave, event: StoredEvent) {
  const plan = { eligible, soak_s, counts, ...(success_percent !== undefined && { success_percent }) };
  return { ...plan, status: 'running' as const, started_at: event.time, since: event.time, ref: refOf(event) };
}

function completed(wave: Wave, event: Of<'WaveCompleted'>): Wave {
  const { gate } = event.data;
  const running = wave.status === 'pending' ? started(wave, event) : wave;
  return { ...running, status: 'completed', completed_at: event.time, ...(gate && { gate }) };
}

/** The moment counts for the rate limit; what is older than a minute does not any more. */
function told(rollout: AcceptedRollout, time: string): AcceptedRollout {
  const second = Math.floor(Date.parse(time) / 1000);
  // The second that is a whole minute ago may have been over less than a minute ago: `roomOf` still counts it.
  const recent = rollout.told.filter((entry) => entry.second >= second - RATE_WINDOW_S);
  const same = recent.find((entry) => entry.second === second)?.devices ?? 0;
  return {
    ...rollout,
    told: [...recent.filter((entry) => entry.second !== second), { second, devices: same + 1 }],
  };
}
