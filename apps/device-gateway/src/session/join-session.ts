import { deviceStream, given } from '@edgeflow/contracts';
import type { OtaEvent } from '@edgeflow/contracts';
import { DECISIONS_MAX, hasMovedOn, type EventLog, type StreamEnds, type LastOfEach } from '@edgeflow/event-log';
import type { Machine } from '@edgeflow/runtime';
import { inSpan } from '@edgeflow/telemetry';
import { outlasting } from '../back-off.js';
import { keyInForce } from '../devices/device.decider.js';
import type { Looked } from '../devices/looked.js';
import type { DeviceBudget } from './device-budgets.js';
import {
  bornAfter,
  endsUpdate,
  isNewBoot,
  isNewVersion,
  isOvertaken,
  isUnexpected,
  notAsLetIn,
  openDispatchIn,
  progressIn,
  proofsIn,
  registeredIn,
  tellsDone,
  tellsFailure,
  wasUntold,
} from './device-stream.js';
import type { DeviceHello } from './device-frame.js';
import { keyRotated, logUnavailable, notAuthorized, replaced, tooManySessions, type Ending } from './ending.js';
import type { LastGoodbye } from '../processors/presence/last-goodbye.js';
import type { UnansweredHellos } from '../processors/presence/unanswered-hellos.js';
import { asSeen, goodbyeAhead, withGoodbye, writeHello } from './goodbye-ahead.js';
import type { Ahead, GroupCommit } from './group-commit.js';
import type { Written } from './last-written.js';
import type { Dispatch, Joined, Proof } from './session.state.js';
import { connectedEvent, failedEvent, versionEvent, type AuthorizedSession } from './session.events.js';
import { traced } from './traced.js';

/** How often an outage of the log is met before the device is told to come back later. */
const TRIES = 3;

/** Where a session reads and writes, by itself or together with others, and how it waits. */
export interface SharedLog {
  log: EventLog;
  commits: GroupCommit;
  lastGoodbye: Pick<LastGoodbye, 'said'>;
  unanswered: Pick<UnansweredHellos, 'note'>;
  machine: Machine;
}

/** What a session brings about in any case: its connect, and the goodbye, which is paid for before. */
const EVENTS_OF_A_SESSION = 2;

/** Joined, having seen the stream up to `seen` and written what is there. */
export interface Admitted {
  ending?: never;
  joined: Joined;
  seen: number;
  written: Written;
}

/** What a join goes by beside the hello. */
interface Joining {
  /** False once the session is gone. */
  wanted: () => boolean;
  budget: DeviceBudget;
  /** The device's stream as it was when the device proved who it is, for the first try: the append says what was seen, and is refused where that is too old. */
  looked: () => Looked | undefined;
  /** Reads the device's update stream, without what is of a device that had the id before. */
  updates: () => Promise<StreamEnds>;
  /** The device is likely to have an open update, so that its stream is looked at beside the device's own. */
  wasOffered: boolean;
}

/** Whether a session has joined; or why not. */
export type Admission = Admitted | { ending: Ending };

/**
 * Writes DeviceConnected, with DeviceVersionReported when the hello says something lasting, and DeviceUpdateReported when it says how the
 * open update failed, as one batch.
 * A device that has used up its budget is not let in, unless what it says ends its update.
 * @throws Refused `log-unavailable` when an outage lasts longer than the tries
 */
export async function connectDevice(
  at: SharedLog,
  session: AuthorizedSession,
  hello: DeviceHello,
  { budget, ...how }: Joining,
): Promise<Admission> {
  const isPaid = budget.spend(EVENTS_OF_A_SESSION);
  let owed = isPaid ? -EVENTS_OF_A_SESSION : 0;
  try {
    const admission = await tried(at, session, hello, { ...how, isPaid });
    if (admission.ending) return admission;
    const hasReported = admission.joined.version_at === admission.seen;
    owed += EVENTS_OF_A_SESSION + (hasReported ? 1 : 0);
    return admission;
  } finally {
    // Nothing for a session that did not come about: an outage is not the device's doing.
    budget.owe(owed);
  }
}

async function tried(
  at: SharedLog,
  session: AuthorizedSession,
  hello: DeviceHello,
  { wanted, looked, ...of }: Omit<Joining, 'budget'> & { isPaid: boolean },
): Promise<Admission> {
  // One time for all tries: a try that seemed to fail and went through has the same events.
  const time = at.log.clock.now().toISOString();
  for (let n = 1; n <= DECISIONS_MAX; n++) {
    const work = () => {
      const known = asSeen(looked(), at.log.epoch, goodbyeAhead(at.commits, session));
      return attempt(at, session, hello, { time, known, ...of });
    };
    const admission = await outlasting(work, { wanted, tries: TRIES }, at.machine);
    if (admission !== 'moved-on') return admission ?? { ending: logUnavailable };
  }
  return { ending: logUnavailable };
}

async function attempt(
  at: SharedLog,
  session: AuthorizedSession,
  hello: DeviceHello,
  { known, wasOffered, ...of }: Attempt,
): Promise<Admission | 'moved-on'> {
  const [whole, updates] = await Promise.all([
    known ?? at.log.lastOfEach(deviceStream(session)),
    wasOffered ? of.updates() : undefined,
  ]);
  if (!whole.last.DeviceRegistered) return { ending: notAuthorized };
  const device = registeredIn(whole);
  const ending = notAsLetIn(device, session) ?? (keyInForce(device) ? undefined : keyRotated);
  if (ending) return { ending };
  const seen = bornAfter(whole, session.born_after);
  const { last, position } = seen;
  const { DeviceConnected: own } = last;
  // An earlier try went through.
  if (own?.data.session_id === session.session_id) {
    return admitted(last, { seen: position, written: writtenAs(own, own.position, session.lease_s) });
  }
  if (isOvertaken(last, session)) return { ending: replaced };
  const ahead = goodbyeAhead(at.commits, session);
  const stream = ahead && withGoodbye(seen, ahead);
  const behind = stream && { behind: ahead.waits };
  try {
    return await announce(at, session, hello, { ...of, stream: stream ?? seen, ...behind, looked: updates });
  } catch (error) {
    if (hasMovedOn(error)) return 'moved-on';
    at.unanswered.note(session);
    throw error;
  }
}

/** One try to join. `known`: the device's stream, where it need not be read. */
interface Attempt extends Pick<Joining, 'updates' | 'wasOffered'> {
  time: string;
  isPaid: boolean;
  known: StreamEnds | undefined;
}

/** What a hello is announced by. */
interface Announced extends Pick<Attempt, 'updates' | 'time' | 'isPaid'> {
  stream: StreamEnds;
  /** The goodbye that waits to be written there, which the stream has already. */
  behind?: Ahead;
  /** The update stream, where it was looked at already. */
  looked: StreamEnds | undefined;
}

async function announce(
  at: SharedLog,
  session: AuthorizedSession,
  hello: DeviceHello,
  { stream: { last, position: after }, behind, updates, looked, time, isPaid }: Announced,
): Promise<Admission> {
  const { log, commits } = at;
  const connected = connectedEvent(session, hello, time);
  const news = isNewVersion(last, hello) || isNewBoot(last, hello) || hello.done_with !== undefined;
  // A log that is nearly full lets in whoever has an update to finish.
  const isAsked = news || hello.failed !== undefined || !log.fill().hasRoom;
  const dispatch = isAsked ? openDispatchIn(looked ?? (await updates())) : undefined;
  const failed = dispatch && tellsFailure(last, dispatch, hello) ? failureEvents(session, dispatch, hello, time) : [];
  const isEnd = failed.length > 0 || (news && dispatch !== undefined && endsUpdate(last, dispatch, hello));
  if (!isPaid && !isEnd) return { ending: tooManySessions };
  const isOfUpdate = dispatch !== undefined && (isNewBoot(last, hello) || tellsDone(last, dispatch, hello));
  const isSaid = isNewVersion(last, hello) || isOfUpdate;
  const before = wasUntold(last);
  // In another boot it was told of nothing yet.
  const untold = before || isNewBoot(last, hello);
  if (!isSaid && failed.length === 0) {
    const urgent = dispatch !== undefined;
    const position = await writeHello(at, session, connected, { after, urgent, behind });
    return admitted(last, { seen: position, written: writtenAs(connected, position, connected.ttl_s), untold });
  }
  // How the update ended comes before the version that could be taken for its end: the first evidence counts.
  const said = {
    hello,
    dispatch,
    ...given({ untold: before && isNewBoot(last, hello) ? (true as const) : undefined }),
  };
  const version = isSaid ? [versionEvent(session, said, 0, time)] : [];
  const reports = [...failed, ...version];
  const position = await inSpan('tunnel hello', { parent: dispatch?.traceparent }, () =>
    commits.append(deviceStream(session), [connected, ...reports].map(traced), { after, behind }),
  );
  const written = writtenAs(reports.at(-1) ?? connected, position);
  const isProven = failed.length > 0 || (dispatch !== undefined && isUnexpected(last, dispatch, hello));
  const proofs = dispatch && isProven ? [{ update_id: dispatch.data.update_id, position }] : [];
  return admitted(last, { seen: position, written, untold, proofs, ...(isSaid && { version_at: position }) });
}

function writtenAs({ id }: { id: string }, position: number, ttl_s?: number): Written {
  return { id, position, ...given({ ttl_s }) };
}

function failureEvents(
  session: AuthorizedSession,
  dispatch: Dispatch,
  { failed }: DeviceHello,
  time: string,
): OtaEvent[] {
  if (!failed) return [];
  const { code, message } = failed;
  return [failedEvent(session, dispatch, { code, message, reported_by: 'device' }, time)];
}

function admitted(
  last: LastOfEach,
  {
    seen,
    written,
    untold = false,
    proofs = [],
    version_at = last.DeviceVersionReported?.position ?? 0,
  }: Pick<Admitted, 'seen' | 'written'> & { untold?: boolean; proofs?: readonly Proof[]; version_at?: number },
): Admission {
  return {
    ...{ seen, written },
    joined: { version_at, untold, proofs: [...proofsIn(last, version_at), ...proofs], ...progressIn(last) },
  };
}
