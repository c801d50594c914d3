import { nuid } from '@nats-io/nats-core';
import { logger } from '@edgeflow/telemetry';
import type { Reader } from '../read/read.js';
import type { Outgoing } from './publish.js';
import { isSeenId, type PublishReply } from './publish-reply.js';

/**
 * True when the server took a message for a repetition of somebody else's. It knows ids for the whole stream, whatever the subject, and ours
 * can be foreseen: whoever may write anything at all, e.g. requests of its own organization, could keep another's event out of the log.
 */
export async function isForeign(reader: Reader, reply: PublishReply, messages: readonly Outgoing[]): Promise<boolean> {
  if (!('seq' in reply ? reply.duplicate : isSeenId(reply))) return false;
  // Where the only message is said to be; of a batch the server does not say it, so the newest of each subject counts.
  const position = 'seq' in reply ? reply.seq : undefined;
  for (const { subject, event } of messages) {
    const found = await (position === undefined ? reader.newest(subject) : reader.next(subject, position));
    if (found?.id === event.id && (position === undefined || found.position === position)) return false;
  }
  const events = messages.map(({ subject, event }) => ({ subject, id: event.id }));
  logger.error({ events, position }, 'an id was taken by a message that is not ours; the events get ids of their own');
  return true;
}

/** The same message under an id that nobody can have taken. */
export function withFreshId(message: Outgoing): Outgoing {
  return { ...message, headers: new Map([...message.headers, ['Nats-Msg-Id', `${message.event.id}:${nuid.next()}`]]) };
}
