import { deriveId, toEvent, type OtaEvent } from '@edgeflow/contracts';
import { SOURCE, deviceLane } from '../tunnel/tunnel.events.js';
import type { DeviceAddress } from '../tunnel/tunnels.js';
import type { Streak } from './streak.js';

/** Who writes it, and how long the log keeps it, in seconds. */
export interface RefusedBy {
  gateway_id: string;
  ttl_s: number;
}

/** A streak as it is now: the newest event of a streak says all that those before it said. It leaves the log, as presence does (ADR-0020). */
export function refusedEvent(
  device: DeviceAddress,
  { refusal: { what, code, detail }, count, since, last }: Streak,
  { gateway_id, ttl_s }: RefusedBy,
): OtaEvent<'DeviceRefused'> {
  const { org, device_id } = device;
  const begun = new Date(since).toISOString();
  const id = deriveId('evt', org, device_id, gateway_id, 'refused', what, code, begun, String(count));
  const data = { device_id, gateway_id, what, code, detail, count, since: begun };
  const around = { id, source: SOURCE, time: new Date(last).toISOString() };
  return { ...toEvent(deviceLane(device), { type: 'DeviceRefused', data }, around), ttl_s };
}
