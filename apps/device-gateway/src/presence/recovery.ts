import { laneSubject, type OtaEvent, type StoredEvent } from '@edgeflow/contracts';
import { type EventLog, hasMovedOn } from '@edgeflow/event-log';
import { logger } from '@edgeflow/telemetry';
import { CONFLICTS_MAX } from '../tunnel/join.js';
import { deviceLane, disconnectedEvent } from '../tunnel/tunnel.events.js';
import { LostTunnels } from './lost-tunnels.js';

type Connected = StoredEvent<'DeviceConnected'>;

/** A tunnel that is still without goodbye, and the position up to which its lane was read. */
interface Lost {
  connected: Connected;
  seen: number;
}

/** Devices whose lanes are read, and whose goodbyes are written, at a time. */
const BATCH = 100;
/** The gateway is there again. */
export const RESTARTED = 'gateway-restarted';
/** The gateway is gone, and another one says so. */
export const LOST = 'gateway-lost';
/** The connection is lost without a close frame (RFC 6455, section 7.1.5). */
const NO_CLOSE_FRAME = 1006;

/** Why there are goodbyes to say, and whether it is still ours to say them. */
export interface Recovery {
  reason: typeof RESTARTED | typeof LOST;
  /** Asked when the tunnels are known: false when somebody else has become that gateway meanwhile, and some of them may be its own. */
  isOurs: () => Promise<boolean>;
}

/**
 * Says goodbye for the tunnels that a gateway held when it ended without one. To be done by who holds its lease, before a tunnel is opened
 * in its name.
 * @returns how many there were
 * @throws Refused `log-unavailable`, `log-full`
 */
export async function recoverPresence(log: EventLog, gatewayId: string, { reason, isOurs }: Recovery): Promise<number> {
  const tunnels = new LostTunnels(gatewayId);
  const newest = log.scanLast(['ota.*.device.*.DeviceConnected', 'ota.*.device.*.DeviceDisconnected']);
  for await (const event of newest) tunnels.add(event);
  const connected = tunnels.list();
  if (connected.length === 0 || !(await isOurs())) return 0;
  let written = 0;
  for (let at = 0; at < connected.length; at += BATCH) {
    written += await together(log, connected.slice(at, at + BATCH), reason);
  }
  if (written > 0)
    logger.info({ devices: written, gateway_id: gatewayId, reason }, 'wrote the goodbyes of tunnels that were lost');
  return written;
}

/** One batch for many devices; when one of them has moved on, e.g. to another gateway, each for itself. */
async function together(log: EventLog, connected: readonly Connected[], reason: string): Promise<number> {
  const looked = await Promise.all(connected.map((event) => look(log, event)));
  const lost = looked.filter((found) => found !== undefined);
  if (lost.length === 0 || (await append(log, lost, reason))) return lost.length;
  let written = 0;
  for (const { connected: event } of lost) written += await alone(log, event, reason);
  return written;
}

async function alone(log: EventLog, connected: Connected, reason: string): Promise<number> {
  for (let n = 1; n <= CONFLICTS_MAX; n++) {
    const lost = await look(log, connected);
    if (!lost) return 0;
    if (await append(log, [lost], reason)) return 1;
  }
  logger.warn({ org: connected.org, device_id: connected.entity_id }, 'a lost tunnel has no goodbye: its lane is busy');
  return 0;
}

/** @returns undefined when the tunnel is not its device's newest, or has ended */
async function look(log: EventLog, connected: Connected): Promise<Lost | undefined> {
  const { last, position } = await log.lastOfEach(deviceLane({ org: connected.org, device_id: connected.entity_id }));
  const isNewest = last.DeviceConnected?.data.tunnel_id === connected.data.tunnel_id;
  const hasEnded = last.DeviceDisconnected?.data.tunnel_id === connected.data.tunnel_id;
  return isNewest && !hasEnded ? { connected, seen: position } : undefined;
}

/** @returns false when a lane has moved on meanwhile */
async function append(log: EventLog, lost: readonly Lost[], reason: string): Promise<boolean> {
  const after = new Map(lost.map(({ connected, seen }) => [laneSubject(connected), seen]));
  const time = new Date().toISOString();
  const ending = { close_code: NO_CLOSE_FRAME, reason };
  const events: OtaEvent[] = lost.map(({ connected }) =>
    disconnectedEvent({ org: connected.org, ...connected.data }, ending, time, connected),
  );
  try {
    await log.append(events, { after });
    return true;
  } catch (error) {
    if (hasMovedOn(error)) return false;
    throw error;
  }
}
