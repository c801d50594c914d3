import { deviceStream, type OtaEvent } from '@edgeflow/contracts';
import type { EventLog, StreamEnds } from '@edgeflow/event-log';
import type { DeviceAddress } from '../devices/device-address.js';
import type { Looked } from '../devices/looked.js';
import { eventsOf } from './commit-queue.js';
import type { Ahead, GroupCommit } from './group-commit.js';
import { traced } from './traced.js';

/** The goodbye of the session before, while it waits to be written: the hello is decided behind it, and stored with it. */
export interface GoodbyeAhead {
  waits: Ahead;
  goodbye: OtaEvent<'DeviceDisconnected'>;
}

/**
 * The goodbye that waits to be written to a device's stream: of a session that has nothing else to say. Each by itself, the goodbye and the hello of
 * a device that reboots would meet in the queue: one of them is refused, looks again, and waits once more.
 */
export function goodbyeAhead(
  commits: Pick<GroupCommit, 'waitingFor'>,
  device: DeviceAddress,
): GoodbyeAhead | undefined {
  const waits = commits.waitingFor(deviceStream(device));
  const [goodbye, ...more] = waits ? eventsOf(waits) : [];
  return waits && goodbye && isGoodbye(goodbye) && more.length === 0 ? { waits, goodbye } : undefined;
}

const isGoodbye = (event: OtaEvent): event is OtaEvent<'DeviceDisconnected'> => event.type === 'DeviceDisconnected';

/** The stream as it will be once the goodbye is written; undefined where somebody else has written meanwhile. */
export function withGoodbye(stream: StreamEnds, { waits, goodbye }: GoodbyeAhead): StreamEnds | undefined {
  const { last, position, unread } = stream;
  if (position !== waits.after) return undefined;
  return { unread, position, last: { ...last, DeviceDisconnected: { ...goodbye, position: position + 1 } } };
}

/** What was seen of a stream when its device was let in, where that is how it is still, as far as this gateway knows. */
export function asSeen(
  looked: Looked | undefined,
  epoch: number,
  ahead: GoodbyeAhead | undefined,
): StreamEnds | undefined {
  if (looked?.epoch !== epoch) return undefined;
  const isStill = looked.shared !== true || looked.stream.position === ahead?.waits.after;
  return isStill ? looked.stream : undefined;
}

/**
 * Writes a hello that says nothing lasting: by itself, which is soon done, unless a goodbye waits that it is written with.
 * @returns its position
 * @throws as `GroupCommit.append`
 */
export async function writeHello(
  { log, commits }: { log: Pick<EventLog, 'append'>; commits: GroupCommit },
  device: DeviceAddress,
  connected: OtaEvent<'DeviceConnected'>,
  { after, urgent, behind }: { after: number; urgent: boolean; behind: Ahead | undefined },
): Promise<number> {
  const stream = deviceStream(device);
  if (behind) return commits.append(stream, [traced(connected)], { after, urgent, behind });
  const { last } = await log.append([connected], { after, urgent });
  commits.passed(stream, last);
  return last;
}
