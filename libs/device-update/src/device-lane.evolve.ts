import { isAdministrative, isVersion, unreachable, type DataOf, type StoredEvent } from '@edgeflow/contracts';
import {
  ANSWERED_MAX,
  GOOD_MAX,
  type DeviceLane,
  type EventRef,
  type OpenUpdate,
  type Registration,
} from './device-lane.js';
import { dueAt, storedAt } from './deadline.js';
import { afterDeadline, afterReport, afterRevocation, afterVersion } from './endings.js';

/** The lane after one more event. Pure; an event of another update than the open one changes nothing. */
export function evolve(lane: DeviceLane, event: StoredEvent): DeviceLane {
  if (isAdministrative(event)) return lane;
  switch (event.type) {
    case 'UpdateRequested':
      return withRequest(lane, event);
    case 'RollbackRequested':
      return event.data.rollout_id === undefined ? withRequest(lane, event) : lane;
    case 'DeviceRegistered':
      return { ...lane, registration: registered(event.data) };
    case 'DeviceRevoked':
      return { ...lane, registration: revoked(lane.registration), update: afterRevocation(lane.update, event) };
    case 'DeviceConnected':
      return connected(lane, event);
    case 'DeviceDisconnected':
      return isOfNewestTunnel(lane, event.data.tunnel_id) ? { ...lane, presence: { status: 'offline' } } : lane;
    case 'DeviceVersionReported': {
      const { version, model, boot_id } = event.data;
      return {
        ...lane,
        running: { status: 'known', version, model, boot_id },
        good: goodWith(lane.good, version),
        update: afterVersion(lane.update, event, lane.running),
      };
    }
    case 'DeviceProgressReported':
      return { ...lane, update: withPhase(lane.update, event) };
    case 'DeviceUpdateReported':
      return { ...lane, update: afterReport(lane.update, event) };
    case 'DeadlineReached':
      return { ...lane, update: afterDeadline(lane.update, event) };
    case 'UpdateQueued':
      return accepted(lane, event);
    case 'UpdateDispatched':
      return { ...lane, update: dispatched(lane, event) };
    case 'UpdateSkipped':
    case 'UpdateRejected':
      return answer(lane, event.data.request_id);
    case 'UpdateCompleted':
      return completed(lane, event);
    case 'UpdateFailed':
    case 'UpdateCancelled':
      return isOpen(lane.update, event.data.update_id) ? { ...lane, update: { status: 'none' } } : lane;
    // Ignored: a firmware is nothing of one device, decisions look it up; what a rollout wants of a device is decided in its lane.
    case 'DeviceKeyRotated':
    case 'DeviceRefused':
    case 'FirmwareUploaded':
    case 'FirmwareSigned':
    case 'FirmwareRevoked':
    case 'FleetWindowRequested':
    case 'FleetWindowChanged':
    case 'RequestRefused':
    case 'RolloutRequested':
    case 'RolloutPauseRequested':
    case 'RolloutResumeRequested':
    case 'RolloutAbortRequested':
    case 'RolloutApproveRequested':
    case 'RolloutRetryRequested':
    case 'RolloutAccepted':
    case 'RolloutRejected':
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
    case 'RolloutActionRefused':
      return lane;
    default:
      return unreachable(event);
  }
}

function completed(lane: DeviceLane, event: StoredEvent<'UpdateCompleted'>): DeviceLane {
  const { update, highest_counter } = lane;
  if (update.status === 'none' || update.plan.update_id !== event.data.update_id) return lane;
  const { release_counter } = update.plan;
  const ended: DeviceLane = { ...lane, update: { status: 'none' } };
  if (release_counter === undefined) return ended;
  return { ...ended, highest_counter: Math.max(release_counter, highest_counter ?? 0) };
}

function refOf({ id, correlation_id, traceparent }: StoredEvent): EventRef {
  return { id, correlation_id, ...(traceparent && { traceparent }) };
}

function isOpen(update: OpenUpdate, updateId: string): boolean {
  return update.status !== 'none' && update.plan.update_id === updateId;
}

/** A late goodbye of an older tunnel says nothing about the one that replaced it. */
function isOfNewestTunnel(lane: DeviceLane, tunnelId: string): boolean {
  return lane.presence.status === 'online' && lane.presence.tunnel_id === tunnelId;
}

function registered({ model, fleet, tags = [] }: DataOf<'DeviceRegistered'>): Registration {
  return { status: 'registered', model, tags, ...(fleet !== undefined && { fleet }) };
}

function revoked(before: Registration): Registration {
  return { ...before, status: 'revoked' };
}

/** Going back to a version takes the newer ones out: they are not good any more. What is no firmware's version leads nowhere. */
function goodWith(good: readonly string[], version: string): readonly string[] {
  if (!isVersion(version)) return good;
  const known = good.lastIndexOf(version);
  return known >= 0 ? good.slice(0, known + 1) : [...good, version].slice(-GOOD_MAX);
}

function withRequest(lane: DeviceLane, event: StoredEvent<'UpdateRequested' | 'RollbackRequested'>): DeviceLane {
  const request_id = event.entity_id;
  const known = lane.answered.includes(request_id) || lane.requests.some((other) => other.request_id === request_id);
  if (known) return lane;
  const about = { request_id, position: event.position, ref: refOf(event) };
  return { ...lane, requests: [...lane.requests, { ...wantedIn(event), ...about }] };
}

function wantedIn(event: StoredEvent<'UpdateRequested' | 'RollbackRequested'>) {
  if (event.type === 'UpdateRequested') {
    const { device_id: _, ...wish } = event.data;
    return { kind: 'update' as const, ...wish };
  }
  const { device_id: _device, rollout_id: _rollout, ...wish } = event.data;
  return { kind: 'rollback' as const, ...wish };
}

function answer(lane: DeviceLane, requestId: string): DeviceLane {
  return {
    ...lane,
    requests: lane.requests.filter((request) => request.request_id !== requestId),
    answered: [...lane.answered, requestId].slice(-ANSWERED_MAX),
  };
}

function accepted(lane: DeviceLane, event: StoredEvent<'UpdateQueued'>): DeviceLane {
  const { number, update_id, request_id } = event.data;
  const next = { ...lane, update: queued(event), last_number: number, last_update_id: update_id };
  return answer(next, request_id);
}

function queued(event: StoredEvent<'UpdateQueued'>): OpenUpdate {
  const { when_offline: _when, requested_by: _who, ...plan } = event.data;
  return { status: 'queued', plan, ref: refOf(event), due_at: dueAt(event) };
}

/** The boot it names counts too: a new boot alone is said by it, and by nothing else, while no update is open. */
function connected(lane: DeviceLane, event: StoredEvent<'DeviceConnected'>): DeviceLane {
  const { tunnel_id, boot_id } = event.data;
  const { running } = lane;
  return {
    ...lane,
    presence: { status: 'online', tunnel_id, since: refOf(event) },
    running: running.status === 'known' ? { ...running, boot_id } : running,
  };
}

/** The boot in which the device was told stands in the event itself: what else is known of it may be forgotten (ADR-0020). */
function dispatched(lane: DeviceLane, event: StoredEvent<'UpdateDispatched'>): OpenUpdate {
  const { from_boot_id } = event.data;
  const boot_id = from_boot_id ?? (lane.running.status === 'known' ? lane.running.boot_id : undefined);
  return {
    status: 'dispatched',
    plan: event.data,
    ref: refOf(event),
    due_at: lane.update.status === 'none' ? event.data.deadline_at : lane.update.due_at,
    phase_at: storedAt(event),
    ...(boot_id && { boot_id }),
  };
}

function withPhase(update: OpenUpdate, event: StoredEvent<'DeviceProgressReported'>): OpenUpdate {
  const { update_id, phase } = event.data;
  if (update.status !== 'dispatched' || !isOpen(update, update_id)) return update;
  const { boots: _endedByAWord, ...heard } = update;
  return update.phase === phase ? heard : { ...heard, phase, phase_at: storedAt(event) };
}
