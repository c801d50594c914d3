import { Refused } from '@edgeflow/contracts';
import { isConflict, isFull, isPassing, parseReply } from '../append/publish-reply.js';
import type { Connection } from '../connection/connection.js';
import { ensureStream } from '../connection/ensure-streams.js';
import type { Fetched } from '../connection/nats-client.js';
import { Conflict } from '../errors.js';
import { directBatch } from '../read/direct-batch.js';
import type { EventLogOptions } from '../types.js';
import { toHeaders } from '../wire.js';
import { LEASES, LEASE_STREAM, gatewayLeases, gatewayOf, leaseSubject } from './lease-stream.js';

/** How long one attempt to write may take, in milliseconds. */
const ATTEMPT_MS = 2_000;

/** The newest word on one gateway id, whatever it says. */
export interface StoredLease {
  gateway_id: string;
  /** Grows with each word on any id; what an author had seen is said by it. */
  position: number;
  data: Uint8Array;
}

/** The leases of gateway ids (ADR-0022): one message each, written only by whoever has seen the one before. */
export class GatewayLeases {
  constructor(
    private readonly connection: Connection,
    private readonly options: EventLogOptions,
  ) {}

  /**
   * Creates or verifies the JetStream stream of the leases, to be done first; who has no right to make it waits until it is there.
   * @throws StreamMismatch @throws Denied when the user may not even look
   */
  open(): Promise<void> {
    return ensureStream(this.connection, gatewayLeases(this.options));
  }

  /** The lease of one id, as whoever stores it has it now; undefined when there is none. @throws Refused `log-unavailable` */
  async find(gatewayId: string): Promise<StoredLease | undefined> {
    const query = { last_by_subj: leaseSubject(gatewayId) };
    const { streams } = this.connection.manager;
    // Not a direct get, which a replica may answer that is behind.
    const message = await this.connection.ask(() => streams.getMessage(LEASE_STREAM, query));
    return message ? leaseIn(message) : undefined;
  }

  /** The leases of all ids, perhaps as they were a moment ago. @throws Refused `log-unavailable` */
  async all(): Promise<StoredLease[]> {
    const query = { multi_last: [LEASES] };
    const messages = await this.connection.ask(() => directBatch(this.connection, query, LEASE_STREAM));
    return messages.map(leaseIn);
  }

  /**
   * Writes the next word on an id. An attempt that seemed to fail may have gone through: then the next one is in conflict with it.
   * @param expect `after`: the position seen, 0 for none; `ttl_s`: whole seconds after which the word goes, by default it stays until the next
   * @returns where it stands
   * @throws Conflict when the lease is not as it was seen
   * @throws Refused `log-unavailable`, or `log-full` when there are too many leases or the server has no room
   */
  async write(gatewayId: string, data: Uint8Array, expect: { after: number; ttl_s?: number }): Promise<number> {
    const { after, ttl_s } = expect;
    const subject = leaseSubject(gatewayId);
    const headers = toHeaders([
      ['Nats-Expected-Stream', LEASE_STREAM],
      ['Nats-Expected-Last-Subject-Sequence', String(after)],
      ...(ttl_s === undefined ? [] : [['Nats-TTL', `${ttl_s}s`] as const]),
    ]);
    const { nats } = this.connection;
    const { data: body } = await this.connection.ask(() =>
      nats.request(subject, data, { headers, timeout: ATTEMPT_MS }),
    );
    const reply = parseReply(body);
    if ('seq' in reply) return reply.seq;
    if (isConflict(reply)) throw new Conflict([subject]);
    if (isFull(reply)) throw new Refused('log-full', undefined, { reason: reply.description });
    if (isPassing(reply)) throw new Refused('log-unavailable', undefined, {}, { cause: reply });
    throw new Error(`${LEASE_STREAM} refused: ${reply.description} (${reply.err_code})`);
  }
}

function leaseIn({ subject, seq, data }: Fetched): StoredLease {
  return { gateway_id: gatewayOf(subject), position: seq, data };
}
