import { deriveId, deviceStream, eventsBy, given } from '@edgeflow/contracts';
import type { DataOf, EventRef, OtaEvent } from '@edgeflow/contracts';
import type { DeviceHello } from './device-frame.js';
import type { Ending } from './ending.js';
import type { ProgressPoint } from './progress-coalescer.js';
import type { Dispatch } from './session.state.js';

export const SOURCE = '/device-gateway';

/** Which session of which device on which gateway, and how long the log keeps that it is there, in seconds; absent: for ever. */
export interface SessionIdentity {
  org: string;
  device_id: string;
  session_id: string;
  gateway_id: string;
  /** What the device speaks. */
  protocol: string;
  lease_s?: number;
  /** When it was opened, by the log's time. */
  opened_at?: string;
}

/** A session with what the log said of its device when it was let in. */
export interface AuthorizedSession extends SessionIdentity {
  /** The `x` of the device's key. */
  key: string;
  model: string;
  /** Where the life of its device before this one ended; 0 in the first. */
  born_after: number;
  /** How far its device's stream had come when it was let in; it was opened after that. */
  opened_after: number;
  opened_at: string;
}

/** Writes events in the name of the gateways: their ids say which they are, so that whoever says it again says the same. */
const write = eventsBy(SOURCE);

/**
 * A lease of the session; its id is known to whoever knows the session.
 * @param renewal 0 for the hello, more and more for the leases that follow
 */
export function connectedEvent(
  session: SessionIdentity,
  hello: DeviceHello,
  time: string,
  renewal = 0,
): OtaEvent<'DeviceConnected'> {
  const { lease_s, opened_at } = session;
  const { model, version, boot_id, agent } = hello;
  const said = { model, version, ...(boot_id !== undefined && { boot_id }), ...(agent !== undefined && { agent }) };
  const lease = { ...given({ lease_s, opened_at }), ...(renewal > 0 && { renewal }) };
  const data = { ...whichOf(session), ...said, ...lease };
  const key = renewal === 0 ? connectedKey(session) : [connectedId(session), 'renewal', String(renewal)];
  return leased(write(deviceStream(session), { type: 'DeviceConnected', data }, { key, at: time }), session);
}

/** The session's only DeviceDisconnected, whoever writes it: the gateway that held it, or the same one after a crash. */
export function disconnectedEvent(
  session: SessionIdentity,
  { close_code, reason, untold }: Pick<Ending, 'close_code' | 'reason'> & { untold?: true },
  time: string,
  cause: EventRef = { id: connectedId(session), correlation_id: connectedId(session) },
): OtaEvent<'DeviceDisconnected'> {
  const data = { ...whichOf(session), close_code, reason, ...given({ untold }) };
  const occasion = { key: [session.org, session.device_id, session.session_id, 'disconnected'], at: time, cause };
  return leased(write(deviceStream(session), { type: 'DeviceDisconnected', data }, occasion), session);
}

/** A version report, and what it follows from. */
export interface VersionReport {
  hello: DeviceHello;
  /** The update that it may decide. */
  dispatch?: EventRef | undefined;
  /** As in DeviceVersionReported. */
  untold?: true | undefined;
}

/**
 * Stays for ever, as all of its name do: the server finds the newest of a subject slowly when it holds both what stays and what leaves (ADR-0020).
 * @param nth which version report of this session it is
 */
export function versionEvent(
  session: SessionIdentity,
  { hello: { model, version, boot_id, done_with, confirmed, failed }, dispatch, untold }: VersionReport,
  nth: number,
  time: string,
): OtaEvent<'DeviceVersionReported'> {
  const { org, device_id, session_id } = session;
  const key = [org, device_id, session_id, 'version', String(nth)];
  const cause = dispatch ?? { id: connectedId(session), correlation_id: connectedId(session) };
  const shown = { ...(boot_id !== undefined && { boot_id }), ...(done_with !== undefined && { done_with }) };
  const data = { device_id, model, version, ...shown, ...given({ confirmed, failed, untold }) };
  return write(deviceStream(session), { type: 'DeviceVersionReported', data }, { key, at: time, cause });
}

/** @param nth which progress report of this session it is */
export function progressEvent(
  session: SessionIdentity,
  dispatch: Dispatch,
  { phase, progress }: ProgressPoint,
  nth: number,
  time: string,
): OtaEvent<'DeviceProgressReported'> {
  const { org, device_id, session_id } = session;
  const data = { device_id, update_id: dispatch.data.update_id, phase, progress };
  const occasion = { key: [org, device_id, session_id, 'progress', String(nth)], at: time, cause: dispatch };
  return write(deviceStream(session), { type: 'DeviceProgressReported', data }, occasion);
}

/** One per dispatch, whichever session it was reported on. */
export function failedEvent(
  session: SessionIdentity,
  dispatch: Dispatch,
  failure: Pick<DataOf<'DeviceUpdateReported'>, 'code' | 'message' | 'reported_by'>,
  time: string,
): OtaEvent<'DeviceUpdateReported'> {
  const { org, device_id } = session;
  const { update_id } = dispatch.data;
  const data = { device_id, update_id, outcome: 'failed' as const, ...failure };
  const occasion = { key: [org, device_id, update_id, 'failed'], at: time, cause: dispatch };
  return write(deviceStream(session), { type: 'DeviceUpdateReported', data }, occasion);
}

/**
 * The device puts its update off, from now on.
 * @param nth which report of this session it is
 */
export function postponedEvent(
  session: SessionIdentity,
  { dispatch, for_s, reason }: { dispatch: Dispatch; for_s: number; reason?: string },
  nth: number,
  time: string,
): OtaEvent<'DeviceUpdatePostponed'> {
  const { org, device_id, session_id } = session;
  const { update_id } = dispatch.data;
  const until = new Date(Date.parse(time) + for_s * 1000).toISOString();
  const data = { device_id, update_id, for_s, until, ...given({ reason }) };
  const occasion = { key: [org, device_id, session_id, 'postponed', String(nth)], at: time, cause: dispatch };
  return write(deviceStream(session), { type: 'DeviceUpdatePostponed', data }, occasion);
}

function whichOf({ device_id, session_id, gateway_id, protocol }: SessionIdentity) {
  return { device_id, session_id, gateway_id, protocol };
}

/** A goodbye must not go before the hello that it is for: both are kept for the same time. */
function leased<E extends OtaEvent>(event: E, { lease_s }: Pick<SessionIdentity, 'lease_s'>): E {
  return lease_s === undefined ? event : { ...event, ttl_s: lease_s };
}

function connectedId(session: SessionIdentity): string {
  return deriveId('evt', ...connectedKey(session));
}

function connectedKey({ org, device_id, session_id }: SessionIdentity): string[] {
  return [org, device_id, session_id, 'connected'];
}
