import type { ConsumerConfig, ConsumerInfo } from '@nats-io/jetstream';
import { nanos, nuid } from '@nats-io/nats-core';
import { Refused } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import type { Connection } from '../connection/connection.js';
import { isTaken, undefinedIfMissing } from '../connection/consumer-api.js';
import type { PullConsumer } from '../connection/nats-client.js';
import { Displaced } from '../errors.js';
import { LogIdentity } from '../connection/log-identity.js';
import { durableRestarts } from '../metrics.js';
import { STREAM } from '../connection/stream.js';
import { waitingFor } from '../read/waiting.js';
import type { FollowOptions } from '../types.js';

/** After so long without a sign of life a message counts as lost and is delivered again, in milliseconds. */
export const ACK_WAIT_MS = 10_000;
const OWNER = 'edgeflow_owner';

/** Where a durable is to begin, and why. */
export interface Beginning {
  /** The first position wanted. */
  from: number;
  /** `gap`: something was delivered that never came here. */
  reason: 'start' | 'lost' | 'gap';
}

/**
 * The durable consumer of a follower. It is where the server keeps count, not where the truth is: a follower states its position, from
 * its own checkpoint, and the durable is made to begin there (an acknowledgement floor can move by itself after a power loss, and what
 * is in flight when a process or a connection dies would come back behind newer events).
 */
export class Durable {
  private readonly owner = nuid.next();
  private readonly identity: LogIdentity;
  private opened = false;

  constructor(
    private readonly connection: Connection,
    private readonly options: FollowOptions & { batch: number },
  ) {
    this.identity = new LogIdentity(connection);
  }

  /**
   * Ready to deliver. Whoever comes later takes it over, and the one before notices.
   * @throws LogDiverged, Displaced, Refused `log-unavailable`
   */
  async open({ from, reason }: Beginning): Promise<PullConsumer> {
    await this.identity.check(from);
    const { durable } = this.options;
    const { consumers } = this.connection.manager;
    const found = await this.connection.ask(() => consumers.info(STREAM, durable).catch(undefinedIfMissing));
    if (found && this.opened && found.config.metadata?.[OWNER] !== this.owner) throw new Displaced(durable);
    if (this.opened) this.note(from, reason);
    else if (found && (await this.isAhead(found, from))) this.note(from, 'ahead');
    await this.connection.ask(() => consumers.delete(STREAM, durable).catch(undefinedIfMissing));
    const info = await this.add(from);
    this.opened = true;
    return this.connection.jetstream.consumers.getConsumerFromInfo(info);
  }

  /** True when the durable has acknowledged events that the checkpoint does not have: one of the two lost something. */
  private async isAhead({ ack_floor }: ConsumerInfo, from: number): Promise<boolean> {
    if (ack_floor.stream_seq < from) return false;
    const next = await waitingFor(this.connection, this.options.filters, from - 1);
    return next !== undefined && next.first <= ack_floor.stream_seq;
  }

  /** @throws Refused `log-unavailable` also when another follower was faster: the next attempt sees what it made */
  private add(from: number): Promise<ConsumerInfo> {
    return this.connection.ask(() =>
      this.connection.manager.consumers.add(STREAM, this.config(from)).catch((error: unknown) => {
        if (!isTaken(error)) throw error;
        throw new Refused('log-unavailable', 'the durable was made by another follower just now', {}, { cause: error });
      }),
    );
  }

  private note(from: number, reason: string): void {
    const { durable } = this.options;
    durableRestarts.inc({ durable, reason });
    logger.warn({ durable, from, reason }, 'a durable consumer is made anew');
  }

  private config(from: number): Partial<ConsumerConfig> {
    const { durable, filters, batch } = this.options;
    return {
      durable_name: durable,
      filter_subjects: [...filters],
      deliver_policy: 'by_start_sequence',
      opt_start_seq: from,
      // A batch is done with as a whole, and those before it were.
      ack_policy: 'all',
      ack_wait: nanos(ACK_WAIT_MS),
      // One batch in the handler's hands, the next one ready.
      max_ack_pending: 2 * batch,
      metadata: { [OWNER]: this.owner },
    };
  }
}
