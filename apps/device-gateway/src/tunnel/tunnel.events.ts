import {
  deriveId,
  toEvent,
  type DataOf,
  type Hello,
  type Lane,
  type OtaEvent,
  type StoredEvent,
} from '@edgeflow/contracts';
import type { Ending } from './ending.js';
import type { ProgressPoint } from './progress-coalescer.js';
import type { Dispatch } from './tunnel.state.js';

export const SOURCE = '/device-gateway';

/** Which tunnel of which device on which gateway, and how long the log keeps that it is there, in seconds; absent: for ever. */
export interface TunnelIdentity {
  org: string;
  device_id: string;
  tunnel_id: string;
  gateway_id: string;
  lease_s?: number;
}

/** A tunnel with the `x` of the device key that let it in. */
export interface AuthorizedTunnel extends TunnelIdentity {
  key: string;
}

type Causing = Pick<StoredEvent, 'id' | 'correlation_id'>;

export function deviceLane({ org, device_id }: { org: string; device_id: string }): Lane {
  return { org, entity: 'device', entity_id: device_id };
}

export function updateLane({ org, device_id }: { org: string; device_id: string }): Lane {
  return { org, entity: 'update', entity_id: device_id };
}

/**
 * A lease of the tunnel; its id is known to whoever knows the tunnel.
 * @param renewal 0 for the hello, more and more for the leases that follow
 */
export function connectedEvent(
  tunnel: TunnelIdentity,
  hello: Hello,
  time: string,
  renewal = 0,
): OtaEvent<'DeviceConnected'> {
  const { device_id, tunnel_id, gateway_id, lease_s } = tunnel;
  const { model, version, boot_id, agent } = hello;
  const said = { model, version, boot_id, ...(agent !== undefined && { agent }) };
  const lease = { ...(lease_s !== undefined && { lease_s }), ...(renewal > 0 && { renewal }) };
  const data = { device_id, tunnel_id, gateway_id, ...said, ...lease };
  const id = renewal === 0 ? connectedId(tunnel) : deriveId('evt', connectedId(tunnel), 'renewal', String(renewal));
  return leased(toEvent(deviceLane(tunnel), { type: 'DeviceConnected', data }, { id, source: SOURCE, time }), tunnel);
}

/** The tunnel's only DeviceDisconnected, whoever writes it: the gateway that held it, or the same one after a crash. */
export function disconnectedEvent(
  tunnel: TunnelIdentity,
  { close_code, reason }: Pick<Ending, 'close_code' | 'reason'>,
  time: string,
  cause: Causing = { id: connectedId(tunnel), correlation_id: connectedId(tunnel) },
): OtaEvent<'DeviceDisconnected'> {
  const { device_id, tunnel_id, gateway_id } = tunnel;
  const id = deriveId('evt', tunnel.org, device_id, tunnel_id, 'disconnected');
  const data = { device_id, tunnel_id, gateway_id, close_code, reason };
  const around = { id, source: SOURCE, time, cause };
  return leased(toEvent(deviceLane(tunnel), { type: 'DeviceDisconnected', data }, around), tunnel);
}

/** A version report, and what it follows from. */
export interface VersionReport {
  hello: Hello;
  /** The update that it may decide. */
  dispatch?: Causing | undefined;
}

/**
 * Stays for ever, as all of its name do: the server finds the newest of a subject slowly when it holds both what stays and what leaves (ADR-0020).
 * @param nth which version report of this tunnel it is
 */
export function versionEvent(
  tunnel: TunnelIdentity,
  { hello: { model, version, boot_id }, dispatch }: VersionReport,
  nth: number,
  time: string,
): OtaEvent<'DeviceVersionReported'> {
  const { org, device_id, tunnel_id } = tunnel;
  const id = deriveId('evt', org, device_id, tunnel_id, 'version', String(nth));
  const cause = dispatch ?? { id: connectedId(tunnel), correlation_id: connectedId(tunnel) };
  const data = { device_id, model, version, boot_id };
  return toEvent(deviceLane(tunnel), { type: 'DeviceVersionReported', data }, { id, source: SOURCE, time, cause });
}

/** @param nth which progress report of this tunnel it is */
export function progressEvent(
  tunnel: TunnelIdentity,
  dispatch: Dispatch,
  { phase, progress }: ProgressPoint,
  nth: number,
  time: string,
): OtaEvent<'DeviceProgressReported'> {
  const { org, device_id, tunnel_id } = tunnel;
  const id = deriveId('evt', org, device_id, tunnel_id, 'progress', String(nth));
  const data = { device_id, update_id: dispatch.data.update_id, phase, progress };
  const around = { id, source: SOURCE, time, cause: dispatch };
  return toEvent(deviceLane(tunnel), { type: 'DeviceProgressReported', data }, around);
}

/** One per dispatch, whichever tunnel it was reported on. */
export function failedEvent(
  tunnel: TunnelIdentity,
  dispatch: Dispatch,
  failure: Pick<DataOf<'DeviceUpdateReported'>, 'code' | 'message' | 'reported_by'>,
  time: string,
): OtaEvent<'DeviceUpdateReported'> {
  const { org, device_id } = tunnel;
  const { update_id } = dispatch.data;
  const id = deriveId('evt', org, device_id, update_id, 'failed');
  const data = { device_id, update_id, outcome: 'failed' as const, ...failure };
  const around = { id, source: SOURCE, time, cause: dispatch };
  return toEvent(deviceLane(tunnel), { type: 'DeviceUpdateReported', data }, around);
}

/** A goodbye must not go before the hello that it is for: both are kept for the same time. */
function leased<E extends OtaEvent>(event: E, { lease_s }: Pick<TunnelIdentity, 'lease_s'>): E {
  return lease_s === undefined ? event : { ...event, ttl_s: lease_s };
}

function connectedId({ org, device_id, tunnel_id }: TunnelIdentity): string {
  return deriveId('evt', org, device_id, tunnel_id, 'connected');
}
