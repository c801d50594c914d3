import { isOf, queuedWith, refOf, sourceOfRequest, unreachable } from '@edgeflow/contracts';
import type { DataOf, EventOf, StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import {
  ANSWERED_MAX,
  type DeviceUpdateState,
  type OpenUpdate,
  type Registration,
  type Running,
} from './device-update.state.js';
import { storedAt } from './deadline.js';
import { withGood } from './good.js';
import { forgetting, keeping, keptAfter, stillKeeping, withKept } from './kept.js';
import { forgettingLeft, leaving, leftAfter, leftBy } from './left-behind.js';
import { afterPostponement, begunEarly, hasBegun, isUntold, postponed } from './postponement.js';
import { dueOf, queued, rescheduled } from './queued.js';
import { withProgress } from './headway.js';
import { successAfter, withSuccess } from './success.js';
import { afterDeadline, afterReport, afterRevocation, afterTunnel, afterVersion, toldAtLast } from './endings.js';
import { changed, identityIn, reinstated, removed, unlessUnfit } from './life.js';
import { brought, telling } from './told.js';

type KnownRunning = Extract<Running, { status: 'known' }>;

/** What the decisions about one device are made from: its own streams, and the requests that are aimed at it. */
export type DeviceUpdateEvent = EventOf<'device' | 'update'> | RequestForDevice;

type RequestForDevice = StoredEvent<'UpdateRequested' | 'RollbackRequested' | 'UpdateCancelRequested'>;

/** True for an event that may change what is known of a device; a rollback of a rollout is nothing of one device. */
export function isOfDevice(event: StoredEvent): event is DeviceUpdateEvent {
  if (event.type === 'RollbackRequested') return event.data.rollout_id === undefined;
  return isOf(event, 'device', 'update') || event.type === 'UpdateRequested' || event.type === 'UpdateCancelRequested';
}

/** The state after one more event. Pure; an event of another update than the open one changes nothing. */
export function evolve(state: DeviceUpdateState, event: DeviceUpdateEvent): DeviceUpdateState {
  switch (event.type) {
    case 'UpdateRequested':
    case 'UpdateCancelRequested':
      return withRequest(state, event);
    case 'RollbackRequested':
      return event.data.rollout_id === undefined ? withRequest(state, event) : state;
    case 'DeviceRegistered':
      return enrolled(state, event);
    case 'DeviceChanged':
      return changed(state, event);
    case 'DeviceReinstated':
      return reinstated(state);
    case 'DeviceRemoved':
      return removed(state, event);
    case 'DeviceRevoked':
      return {
        ...state,
        registration: revoked(state.registration),
        update: afterRevocation(state.update, event, event.data),
      };
    case 'DeviceConnected':
      return connected(state, event);
    case 'DeviceDisconnected':
      return isOfNewestSession(state, event.data.session_id) ? { ...state, presence: { status: 'offline' } } : state;
    case 'DeviceVersionReported':
      return versionSaid(state, event);
    case 'DeviceProgressReported':
      return { ...state, update: withPhase(state.update, event) };
    case 'DeviceUpdateReported':
      return { ...state, ...refusedKey(state, event.data), update: afterReport(state.update, event) };
    case 'DeviceUpdatePostponed':
      return { ...state, update: afterPostponement(state.update, event) };
    case 'UpdatePostponed':
      return { ...state, update: postponed(state.update, event) };
    case 'DeadlineReached':
      return { ...state, update: afterDeadline(state.update, event) };
    case 'UpdateQueued':
      return accepted(state, event);
    case 'UpdateRescheduled':
      return { ...state, update: rescheduled(state.update, event) };
    case 'UpdateDispatched':
      return told(state, event);
    case 'UpdateSkipped':
    case 'UpdateRejected':
      return answer(leaving(state, event), event.data.request_id);
    case 'UpdateCancelRefused':
      return answer(state, event.data.request_id);
    case 'UpdateCompleted':
      return completed(state, event);
    case 'UpdateFailed':
      return notDone(state, event, event.data.code === 'deadline-exceeded');
    case 'UpdateCancelled': {
      const { request_id } = event.data;
      return notDone(request_id === undefined ? state : answer(state, request_id), event, true);
    }
    case 'UpdateReverted':
      return forgettingLeft(forgetting(state, event.data.update_id), event);
    case 'DeviceKeyRotated':
    case 'DeviceRefused':
      return state;
    default:
      return unreachable(event);
  }
}

/** A revocation counts in whatever words, and so does a removal: what stands there and cannot be read takes the device out. */
export function pass(state: DeviceUpdateState, { type, id, position }: UnreadEvent): DeviceUpdateState {
  if (type === 'DeviceRemoved') return removed(state, { id, correlation_id: id, position });
  if (type !== 'DeviceRevoked') return state;
  const update = afterRevocation(state.update, { id, correlation_id: id });
  return { ...state, registration: revoked(state.registration), update };
}

function completed(state: DeviceUpdateState, event: StoredEvent<'UpdateCompleted'>): DeviceUpdateState {
  const { update, highest_counter } = state;
  if (update.status === 'none' || update.plan.update_id !== event.data.update_id) return state;
  const { release_counter, signed_by } = update.plan;
  const there = leftBy(brought(withoutAbandoned(state), update.plan.update_id), update);
  const ended = { ...keeping(there, update), ...acceptedKey(state, signed_by) };
  if (release_counter === undefined) return ended;
  return { ...ended, highest_counter: Math.max(release_counter, highest_counter ?? 0) };
}

/** A device that installs an image knows its key, or does not look: either way it takes what that has signed. */
function acceptedKey({ signing }: DeviceUpdateState, kid: string | undefined): Pick<DeviceUpdateState, 'signing'> {
  if (kid === undefined || !signing) return {};
  const { enrolled_at } = signing;
  return { signing: { enrolled_at, accepted: kid } };
}

/** A device that says that a signature is not good does not know its key; what the gateway says of it is nothing of the device. */
function refusedKey(
  { signing, update }: DeviceUpdateState,
  { update_id, code, reported_by }: DataOf<'DeviceUpdateReported'>,
): Pick<DeviceUpdateState, 'signing'> {
  if (reported_by !== 'device' || code !== 'signature-invalid' || !signing) return {};
  const refused = isOpen(update, update_id) && update.status !== 'none' ? update.plan.signed_by : undefined;
  return refused === undefined ? {} : { signing: { ...signing, refused } };
}

/** @param goes_on true where the device, if it was told, may not know of the end and finish what it does */
function notDone(
  state: DeviceUpdateState,
  { data }: StoredEvent<'UpdateFailed' | 'UpdateCancelled'>,
  goes_on: boolean,
): DeviceUpdateState {
  const { update } = state;
  if (!isOpen(update, data.update_id)) return state;
  const ended = stillKeeping(state, data.version);
  // Its device is gone: whichever has the id now never was told.
  const isGone = update.status === 'ending' && update.gone === true;
  return goes_on && !isGone && !isUntold(update) ? { ...ended, abandoned_version: data.version } : ended;
}

/** What it has kept, and what was counted of it, after it said what it runs. */
function reported(state: DeviceUpdateState, event: StoredEvent<'DeviceVersionReported'>): DeviceUpdateState {
  const next = withKept(withoutAbandoned(state, event.data.version), keptAfter(state, event));
  return withSuccess(next, successAfter(state, event));
}

/** A device that came up on what was taken back has nothing left to come up on. */
function withoutAbandoned(state: DeviceUpdateState, version?: string): DeviceUpdateState {
  const { abandoned_version, ...rest } = state;
  return abandoned_version !== undefined && (version ?? abandoned_version) === abandoned_version ? rest : state;
}

function isOpen(update: OpenUpdate, updateId: string): boolean {
  return update.status !== 'none' && update.plan.update_id === updateId;
}

/** A late goodbye of an older session says nothing about the one that replaced it. */
function isOfNewestSession(state: DeviceUpdateState, sessionId: string): boolean {
  return state.presence.status === 'online' && state.presence.session_id === sessionId;
}

/** What a device runs, and in which boot when it knows of boots. */
function runningAs({ version, model, boot_id, unconfirmed }: Omit<KnownRunning, 'status'>): KnownRunning {
  const known = { status: 'known' as const, version, model };
  return { ...known, ...(boot_id !== undefined && { boot_id }), ...(unconfirmed && { unconfirmed }) };
}

function versionSaid(state: DeviceUpdateState, event: StoredEvent<'DeviceVersionReported'>): DeviceUpdateState {
  const update = afterVersion(state.update, event, state.running);
  const next = withGood(leftAfter(reported(state, event), event), event, update);
  return { ...next, running: runningSaid(event.data), update };
}

function runningSaid({ confirmed, ...said }: DataOf<'DeviceVersionReported'>): KnownRunning {
  return runningAs({ ...said, ...(confirmed === false && { unconfirmed: true }) });
}

/** What it was told of keys when it was registered first it keeps. */
function enrolled(state: DeviceUpdateState, { data, position }: StoredEvent<'DeviceRegistered'>): DeviceUpdateState {
  const registration: Registration = { status: 'registered', ...identityIn(data) };
  return { ...state, registration, signing: state.signing ?? { enrolled_at: position } };
}

function revoked(before: Registration): Registration {
  return { ...before, status: 'revoked' };
}

function withRequest(state: DeviceUpdateState, event: RequestForDevice): DeviceUpdateState {
  const request_id = event.entity_id;
  const known = state.answered.includes(request_id) || state.requests.some((other) => other.request_id === request_id);
  if (known) return state;
  const about = { request_id, position: event.position, source: sourceOfRequest(event), ref: refOf(event) };
  return { ...state, requests: [...state.requests, { ...wantedIn(event), ...about }] };
}

function wantedIn(event: RequestForDevice) {
  if (event.type === 'UpdateCancelRequested') {
    const { device_id: _, ...request } = event.data;
    return { kind: 'cancel' as const, ...request };
  }
  if (event.type === 'UpdateRequested') {
    const { device_id: _, ...request } = event.data;
    return { kind: 'update' as const, ...request };
  }
  const { device_id: _device, rollout_id: _rollout, ...request } = event.data;
  return { kind: 'rollback' as const, ...request };
}

function answer(state: DeviceUpdateState, requestId: string): DeviceUpdateState {
  return {
    ...state,
    requests: state.requests.filter((request) => request.request_id !== requestId),
    answered: [...state.answered, requestId].slice(-ANSWERED_MAX),
  };
}

function accepted(state: DeviceUpdateState, event: StoredEvent<'UpdateQueued'>): DeviceUpdateState {
  const { number, update_id, request_id } = event.data;
  const last = { last_number: number, last_update_id: update_id, last_accepted_at: event.position };
  const next = { ...leaving(state, event), update: queued(event), ...last };
  return answer(unfitEnded(next, event), request_id);
}

/** What is told in the moment in which it is accepted is both, one after the other. */
function told(before: DeviceUpdateState, event: StoredEvent<'UpdateDispatched'>): DeviceUpdateState {
  const queuedBefore = queuedWith(event);
  const state = queuedBefore ? accepted(before, queuedBefore) : before;
  const { accepted: _, ...plan } = event.data;
  const offered = { ...event, data: plan };
  return unfitEnded({ ...telling(state, offered), update: dispatched(state, offered) }, event);
}

function unfitEnded(state: DeviceUpdateState, event: StoredEvent): DeviceUpdateState {
  return { ...state, update: unlessUnfit(state, event) };
}

/** The boot it names counts too: a new boot alone is said by it, and by nothing else, while no update is open. */
function connected(state: DeviceUpdateState, event: StoredEvent<'DeviceConnected'>): DeviceUpdateState {
  const { session_id, boot_id } = event.data;
  const { running, presence, update } = state;
  // It is also said to last: that is no other tunnel.
  const isOther = presence.status === 'offline' || presence.session_id !== session_id;
  return {
    ...state,
    presence: { status: 'online', session_id, since: refOf(event) },
    running: running.status === 'known' ? runningAs({ ...running, boot_id }) : running,
    update: isOther ? afterTunnel(update, event) : update,
  };
}

/** The boot in which the device was told stands in the event itself: what else is known of it may be forgotten (ADR-0020). */
function dispatched(state: DeviceUpdateState, event: StoredEvent<'UpdateDispatched'>): OpenUpdate {
  const { from_boot_id, update_id, version } = event.data;
  const { update: before } = state;
  // One that was put off is dispatched again: what the device has said of it meanwhile counts.
  if (before.status === 'ending' && isOpen(before, update_id)) return toldAtLast(before);
  const early = before.status === 'queued' ? before.postponed : undefined;
  const put_off = before.status === 'queued' ? before.put_off : undefined;
  const running = state.running.status === 'known' ? state.running : undefined;
  const boot_id = from_boot_id ?? running?.boot_id;
  const isTried = running?.unconfirmed === true && running.version === version;
  return {
    status: 'dispatched',
    plan: event.data,
    ref: refOf(event),
    due_at: dueOf(state.update, event.data.deadline_at),
    phase_at: early?.phase_at ?? storedAt(event),
    ...(early?.phase && { phase: early.phase }),
    ...(hasBegun(before) && { begun: true as const }),
    ...(boot_id && { boot_id }),
    ...(put_off && { put_off }),
    ...(isTried && { phase: 'rebooting', unconfirmed: true }),
  };
}

function withPhase(update: OpenUpdate, event: StoredEvent<'DeviceProgressReported'>): OpenUpdate {
  const { update_id, phase, progress } = event.data;
  if (update.status === 'queued' && isOpen(update, update_id)) return begunEarly(update, event);
  if (update.status !== 'dispatched' || !isOpen(update, update_id)) return update;
  const said = phase === 'downloading' && progress < 100 ? 'loading' : 'loaded';
  const next = { ...update, said, headway: withProgress(update.headway, event.data) } as const;
  return update.phase === phase ? next : { ...next, phase, phase_at: storedAt(event) };
}
