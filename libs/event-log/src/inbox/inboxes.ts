import type { OtaEvent } from '@edgeflow/contracts';
import { written } from '../append/publish.js';
import type { Connection } from '../connection/connection.js';
import { toHeaders } from '../wire.js';
import { INBOXES, organizationOf } from './inbox-stream.js';
import { takeIn, type InboxHandler } from './take-in.js';

/**
 * Bytes of an id that an answer's subject takes as it is. The server takes a long one from a team, and cuts off who publishes one that is
 * longer by a word: what a team writes must not say how long our lines are.
 */
const ID_BYTES_MAX = 128;

/** Where teams leave their requests, and the answers to them. Teams do not write the log (ADR-0019). */
export class Inboxes {
  constructor(private readonly connection: Connection) {}

  /** Organizations that have an inbox. @throws Refused `log-unavailable` @throws Denied */
  async organizations(): Promise<string[]> {
    const { streams } = this.connection.manager;
    const names = await this.connection.ask(() => Array.fromAsync(streams.names(INBOXES)));
    return names.map(organizationOf).filter((org) => org !== undefined);
  }

  /**
   * Hands over what lies in an organization's inbox, in order, one message after the other, until `signal` fires. The handler's end takes
   * the message out. An error leaves it there, with all behind it, and it is tried again after a while, for as long as it takes.
   * Several may take from one inbox; each message goes to one of them at a time.
   * @throws Refused `log-unavailable` and others when the delivery breaks off: it is to be begun again
   */
  takeIn(org: string, handler: InboxHandler, signal: AbortSignal): Promise<void> {
    return takeIn(this.connection, org, handler, signal);
  }

  /**
   * Tells the organization's teams what became of a request, on `answers.{org}.{request_id}.{Type}`: whoever listens hears it, nobody else
   * ever will. What is stored is to be seen in the read model.
   * @param requestId as the team wrote it in its subject; instead of one that is too long stands the id of the event's stream
   */
  answer(requestId: string, event: OtaEvent & { position?: number }): void {
    const { headers, body } = written(event);
    const position = event.position === undefined ? [] : [['ce-position', String(event.position)] as const];
    const id = Buffer.byteLength(requestId) <= ID_BYTES_MAX ? requestId : event.entity_id;
    const subject = `answers.${event.org}.${id}.${event.type}`;
    this.connection.nats.publish(subject, body, { headers: toHeaders([...headers, ...position]) });
  }
}
