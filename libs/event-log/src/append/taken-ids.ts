import { nuid } from '@nats-io/nats-core';
import { logger } from '@edgeflow/telemetry';
import type { Reader } from '../read/read.js';
import type { Outgoing } from './publish.js';
import { isSeenId, type PublishReply } from './publish-reply.js';

/**
 * Whether the server took a message for a repetition of somebody else's. It knows ids for the whole stream, whatever the subject, and ours
 * can be foreseen: whoever may write anything at all, e.g. requests of its own organization, could keep another's event out of the log.
 */
export class TakenIds {
  constructor(private readonly reader: Reader) {}

  /** True when the answer says "seen already", and what was seen is not ours. */
  async isForeign(reply: PublishReply, messages: readonly Outgoing[]): Promise<boolean> {
    const position = 'seq' in reply ? reply.seq : undefined;
    const says = 'seq' in reply ? reply.duplicate : isSeenId(reply);
    if (!says || (await this.someStands(messages, position))) return false;
    const events = messages.map(({ subject, event }) => ({ subject, id: event.id }));
    logger.error(
      { events, position },
      'an id was taken by a message that is not ours; the events get ids of their own',
    );
    return true;
  }

  /** @param position where the only message is said to be; of a batch the server does not say it, so the newest of each subject counts */
  private async someStands(messages: readonly Outgoing[], position: number | undefined): Promise<boolean> {
    for (const { subject, event } of messages) {
      const place = position === undefined ? this.reader.newest(subject) : this.reader.next(subject, position);
      const found = await place;
      if (found?.id === event.id && (position === undefined || found.position === position)) return true;
    }
    return false;
  }
}

/** The same message under an id that nobody can have taken. */
export function withFreshId(message: Outgoing): Outgoing {
  return { ...message, headers: new Map([...message.headers, ['Nats-Msg-Id', `${message.event.id}:${nuid.next()}`]]) };
}
