import { given, streamSubject, type OtaEvent, type StoredEvent, deviceStream } from '@edgeflow/contracts';
import { DECISIONS_MAX, hasMovedOn, splitRefused } from '@edgeflow/event-log';
import type { AlreadyAppended, Conflict, EventLog } from '@edgeflow/event-log';
import { logger } from '@edgeflow/telemetry';
import type { DeviceAddress } from '../../devices/device-address.js';
import { logCut } from '../../session/ending.js';
import { disconnectedEvent } from '../../session/session.events.js';
import type { SeenLease } from '../lease/lease-record.js';
import type { LastGoodbye } from './last-goodbye.js';
import { lostSessions } from './lost-sessions.js';

type Connected = StoredEvent<'DeviceConnected'>;
type Log = Pick<EventLog, 'append' | 'clock' | 'lastOfEach' | 'scanLast'>;

/** A session that is still without goodbye, and the position up to which its stream was read. */
interface Lost {
  connected: Connected;
  seen: number;
}

/** Devices whose streams are read, and whose goodbyes are written, at a time. */
const BATCH = 100;
/** The gateway is there again. */
export const RESTARTED = 'gateway-restarted';
/** The gateway is gone, and another one says so. */
export const LOST = 'gateway-lost';
/** The gateway has said it, and the log has lost it. */
export const LOG_CUT = logCut.reason;
const PRESENCE = ['ota.*.device.*.DeviceConnected', 'ota.*.device.*.DeviceDisconnected'];
/** The connection is lost without a close frame (RFC 6455, section 7.1.5). */
const NO_CLOSE_FRAME = 1006;

/** Why there are goodbyes to say, and whether it is still ours to say them. */
export interface Recovery {
  reason: string;
  /** Asked when the sessions are known: false when somebody else has become that gateway meanwhile, and some of them may be its own. */
  isOurs: () => Promise<boolean>;
  /** Whether a session goes on, or says goodbye by itself. Default: none does. */
  isHere?: (session_id: string) => boolean;
  /** The newest presence events of the devices that may have had a session. Default: those of all devices. */
  newest?: AsyncIterable<StoredEvent> | Iterable<StoredEvent>;
  /** Hears of what is said, and of the newest goodbye that was there. */
  goodbyes: Pick<LastGoodbye, 'said'>;
}

/**
 * Says goodbye for the sessions that a gateway held when it ended without one. To be done by who holds its lease, before a session is opened
 * in its name.
 * @returns how many there were
 * @throws Refused `log-unavailable`, `log-full`
 */
export async function recoverPresence(log: Log, gatewayId: string, recovery: Recovery): Promise<number> {
  const { reason, isOurs, isHere = () => false, newest = presenceOfAll(log) } = recovery;
  const { lost, last } = await lostSessions(newest, (id) => id === gatewayId);
  // Said by somebody who may hear no more that the log has lost it.
  if (last) recovery.goodbyes.said({ id: last.id, position: last.position });
  const connected = lost.filter(({ data }) => !isHere(data.session_id));
  if (connected.length === 0 || !(await isOurs())) return 0;
  let written = 0;
  for (let at = 0; at < connected.length; at += BATCH) {
    written += await together(log, connected.slice(at, at + BATCH), recovery);
  }
  if (written > 0)
    logger.info({ devices: written, gateway_id: gatewayId, reason }, 'wrote the goodbyes of tunnels that were lost');
  return written;
}

/**
 * The same for another gateway that is gone, as long as its lease stands where that was seen: whoever becomes it takes the lease before it opens
 * a tunnel.
 */
export function recoverOther(
  log: Log & Pick<EventLog, 'gatewayLeases'>,
  { gateway_id, position }: Pick<SeenLease, 'gateway_id' | 'position'>,
  goodbyes: Recovery['goodbyes'],
  newest: NonNullable<Recovery['newest']> = presenceOfAll(log),
): Promise<number> {
  const isOurs = async (): Promise<boolean> => (await log.gatewayLeases.find(gateway_id))?.position === position;
  return recoverPresence(log, gateway_id, { reason: LOST, isOurs, newest, goodbyes });
}

/** The newest presence events of all devices. @throws Refused `log-unavailable` */
export function presenceOfAll(log: Pick<EventLog, 'scanLast'>): AsyncIterable<StoredEvent> {
  return log.scanLast(PRESENCE);
}

/** The newest presence events of some devices, for a recovery of these alone. @throws Refused `log-unavailable` */
export async function* presenceOf(
  log: Pick<EventLog, 'lastOfEach'>,
  devices: readonly DeviceAddress[],
): AsyncGenerator<StoredEvent> {
  for (let at = 0; at < devices.length; at += BATCH) {
    const looks = devices.slice(at, at + BATCH).map((device) => log.lastOfEach(deviceStream(device)));
    for (const { last } of await Promise.all(looks)) {
      if (last.DeviceConnected) yield last.DeviceConnected;
      if (last.DeviceDisconnected) yield last.DeviceDisconnected;
    }
  }
}

async function together(log: Log, connected: readonly Connected[], recovery: Recovery): Promise<number> {
  const looked = await Promise.all(connected.map((event) => look(log, event)));
  const lost = looked.filter((found) => found !== undefined);
  return lost.length === 0 ? 0 : sayAll(log, lost, recovery);
}

/** One batch for many devices; those that have moved on meanwhile, e.g. to another gateway, each for itself, and the rest in a further one. */
async function sayAll(log: Log, lost: readonly Lost[], recovery: Recovery): Promise<number> {
  const refusal = await append(log, lost, recovery);
  if (!refusal) return lost.length;
  const [first] = lost;
  if (first && lost.length === 1) return alone(log, first.connected, recovery);
  const { moved, again } = splitRefused(lost, refusal, ({ connected }) => [streamSubject(connected)]);
  let written = 0;
  for (const { connected } of moved) written += await alone(log, connected, recovery);
  for (const some of again) written += await sayAll(log, some, recovery);
  return written;
}

async function alone(log: Log, connected: Connected, recovery: Recovery): Promise<number> {
  for (let n = 1; n <= DECISIONS_MAX; n++) {
    const lost = await look(log, connected);
    if (!lost) return 0;
    if (!(await append(log, [lost], recovery))) return 1;
  }
  logger.warn(
    { org: connected.org, device_id: connected.entity_id },
    'a lost tunnel has no goodbye: its stream is busy',
  );
  return 0;
}

/** @returns undefined when the session is not its device's newest, or has ended */
async function look(log: Log, connected: Connected): Promise<Lost | undefined> {
  const { last, position } = await log.lastOfEach(deviceStream({ org: connected.org, device_id: connected.entity_id }));
  const isNewest = last.DeviceConnected?.data.session_id === connected.data.session_id;
  const hasEnded = last.DeviceDisconnected?.data.session_id === connected.data.session_id;
  return isNewest && !hasEnded ? { connected, seen: position } : undefined;
}

/** @returns why nothing was stored: a stream has moved on meanwhile */
async function append(
  log: Log,
  lost: readonly Lost[],
  recovery: Recovery,
): Promise<Conflict | AlreadyAppended | undefined> {
  const after = new Map(lost.map(({ connected, seen }) => [streamSubject(connected), seen]));
  const time = log.clock.now().toISOString();
  const ending = { close_code: NO_CLOSE_FRAME, reason: recovery.reason };
  const events: OtaEvent[] = lost.map(({ connected }) =>
    disconnectedEvent({ org: connected.org, ...connected.data }, ending, time, connected),
  );
  try {
    const { first } = await log.append(events, { after });
    for (const [at, { id, ttl_s }] of events.entries())
      recovery.goodbyes.said({ id, position: first + at, ...given({ ttl_s }) });
    return undefined;
  } catch (error) {
    if (hasMovedOn(error)) return error;
    throw error;
  }
}
