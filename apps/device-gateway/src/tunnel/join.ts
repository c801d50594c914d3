import type { Hello, OtaEvent } from '@edgeflow/contracts';
import { hasMovedOn, type EventLog, type LaneEnds, type LastOfEach } from '@edgeflow/event-log';
import { activeTraceparent, inSpan } from '@edgeflow/telemetry';
import { outlasting } from '../back-off.js';
import type { DeviceBudget } from './device-budgets.js';
import {
  endsUpdate,
  isNews,
  isNewVersion,
  isRevoked,
  isUnexpected,
  keyInForce,
  openDispatchIn,
  proofsIn,
  tellsFailure,
} from './device-lane.js';
import { keyRotated, logUnavailable, notAuthorized, revoked, tooManyTunnels, type Ending } from './ending.js';
import type { JointAppend } from './joint-append.js';
import type { Dispatch, Joined, Proof } from './tunnel.state.js';
import {
  connectedEvent,
  deviceLane,
  failedEvent,
  updateLane,
  versionEvent,
  type AuthorizedTunnel,
} from './tunnel.events.js';

/** How often a lane that moves on is read again (DESIGN.md section 3). */
export const CONFLICTS_MAX = 5;
/** How often an outage of the log is met before the device is told to come back later. */
const TRIES = 3;

/** Where a tunnel reads and writes: by itself, or together with others. */
export interface LaneLog {
  log: EventLog;
  joint: JointAppend;
}

/** What a tunnel brings about in any case: its connect, and the goodbye, which is paid for before. */
const EVENTS_OF_A_TUNNEL = 2;

/** Joined, having seen the lane up to `seen`; or why not. */
export type Admission = { ending?: never; joined: Joined; seen: number } | { ending: Ending };

/**
 * Writes DeviceConnected, with DeviceVersionReported when the hello says something lasting, and DeviceUpdateReported when it says how the
 * open update failed, as one batch.
 * A device that has used up its budget is not let in, unless what it says ends its update.
 * @param wanted false once the tunnel is gone
 * @throws Refused `log-unavailable` when an outage lasts longer than the tries
 */
export async function join(
  at: LaneLog,
  tunnel: AuthorizedTunnel,
  hello: Hello,
  { wanted, budget }: { wanted: () => boolean; budget: DeviceBudget },
): Promise<Admission> {
  const isPaid = budget.spend(EVENTS_OF_A_TUNNEL);
  let owed = isPaid ? -EVENTS_OF_A_TUNNEL : 0;
  try {
    const admission = await tried(at, tunnel, hello, { wanted, isPaid });
    if (admission.ending) return admission;
    const hasReported = admission.joined.version_at === admission.seen;
    owed += EVENTS_OF_A_TUNNEL + (hasReported ? 1 : 0);
    return admission;
  } finally {
    // Nothing for a tunnel that did not come about: an outage is not the device's doing.
    budget.owe(owed);
  }
}

async function tried(
  at: LaneLog,
  tunnel: AuthorizedTunnel,
  hello: Hello,
  { wanted, isPaid }: { wanted: () => boolean; isPaid: boolean },
): Promise<Admission> {
  // One time for all tries: a try that seemed to fail and went through has the same events.
  const time = new Date().toISOString();
  for (let n = 1; n <= CONFLICTS_MAX; n++) {
    const admission = await outlasting(() => attempt(at, tunnel, hello, { time, isPaid }), { wanted, tries: TRIES });
    if (admission !== 'moved-on') return admission ?? { ending: logUnavailable };
  }
  return { ending: logUnavailable };
}

async function attempt(
  at: LaneLog,
  tunnel: AuthorizedTunnel,
  hello: Hello,
  { time, isPaid }: { time: string; isPaid: boolean },
): Promise<Admission | 'moved-on'> {
  const lane = await at.log.lastOfEach(deviceLane(tunnel));
  const { last, position } = lane;
  if (!last.DeviceRegistered) return { ending: notAuthorized };
  if (isRevoked(lane)) return { ending: revoked };
  if (keyInForce(lane)?.x !== tunnel.key) return { ending: keyRotated };
  if (last.DeviceConnected?.data.tunnel_id === tunnel.tunnel_id) return admitted(last, position);
  try {
    return await announce(at, tunnel, hello, { lane, time, isPaid });
  } catch (error) {
    if (hasMovedOn(error)) return 'moved-on';
    throw error;
  }
}

async function announce(
  { log, joint }: LaneLog,
  tunnel: AuthorizedTunnel,
  hello: Hello,
  { lane: { last, position: after }, time, isPaid }: { lane: LaneEnds; time: string; isPaid: boolean },
): Promise<Admission> {
  const connected = connectedEvent(tunnel, hello, time);
  const news = isNews(last, hello);
  // A log that is nearly full lets in whoever has an update to finish.
  const isAsked = news || hello.failed !== undefined || !log.fill().hasRoom;
  const dispatch = isAsked ? openDispatchIn(await log.lastOfEach(updateLane(tunnel))) : undefined;
  const failed = dispatch && tellsFailure(last, dispatch, hello) ? failureEvents(tunnel, dispatch, hello, time) : [];
  const isEnd = failed.length > 0 || (news && dispatch !== undefined && endsUpdate(last, dispatch, hello));
  if (!isPaid && !isEnd) return { ending: tooManyTunnels };
  const isSaid = isNewVersion(last, hello) || (news && dispatch !== undefined);
  if (!isSaid && failed.length === 0) {
    const urgent = dispatch !== undefined;
    const { last: position } = await log.append([connected], { after, urgent });
    joint.passed(deviceLane(tunnel), position);
    return admitted(last, position);
  }
  // How the update ended comes before the version that could be taken for its end: the first evidence counts.
  const version = isSaid ? [versionEvent(tunnel, { hello, dispatch }, 0, time)] : [];
  const position = await inSpan('tunnel hello', { parent: dispatch?.traceparent }, () =>
    joint.append(deviceLane(tunnel), [connected, ...failed, ...version].map(traced), { after }),
  );
  const isProven = failed.length > 0 || (dispatch !== undefined && isUnexpected(last, dispatch, hello));
  const proofs = dispatch && isProven ? [{ update_id: dispatch.data.update_id, position }] : [];
  return admitted(last, position, isSaid ? position : undefined, proofs);
}

function failureEvents(tunnel: AuthorizedTunnel, dispatch: Dispatch, { failed }: Hello, time: string): OtaEvent[] {
  if (!failed) return [];
  const { code, message } = failed;
  return [failedEvent(tunnel, dispatch, { code, message, reported_by: 'device' }, time)];
}

/** The event in the trace of now: a joint append has none of its own. */
export function traced(event: OtaEvent): OtaEvent {
  const traceparent = activeTraceparent();
  return { ...event, ...(traceparent && { traceparent }) };
}

function admitted(
  last: LastOfEach,
  seen: number,
  version_at = last.DeviceVersionReported?.position ?? 0,
  proofs: readonly Proof[] = [],
): Admission {
  return { seen, joined: { version_at, proofs: [...proofsIn(last, version_at), ...proofs] } };
}
