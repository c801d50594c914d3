import type { Consumer, ConsumerConfig, ConsumerInfo } from '@nats-io/jetstream';
import { nanos, nuid } from '@nats-io/nats-core';
import { Refused } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import type { Connection } from '../connection/connection.js';
import { isTaken, sameFilters, undefinedIfMissing } from '../connection/consumer-api.js';
import { Displaced } from '../errors.js';
import { LogIdentity } from '../connection/log-identity.js';
import { durableRestarts } from '../metrics.js';
import { STREAM } from '../connection/stream.js';
import type { FollowOptions } from '../types.js';

/** After so long without a sign of life a message counts as lost and is delivered again, in milliseconds. */
export const ACK_WAIT_MS = 10_000;
/** A pinned follower that pulls nothing for so long loses its pin, in milliseconds. */
const PIN_TIMEOUT_MS = 5_000;
/** The one group of a pinned durable. */
export const PIN_GROUP = 'active';

const OWNER = 'edgeflow_owner';

/** Where a durable is to begin, and why. */
export interface Beginning {
  /** The first position wanted. */
  from: number;
  /** `gap` and `takeover`: something was delivered that never came here, so it is made anew even when others share it. */
  reason: 'start' | 'lost' | 'gap' | 'takeover';
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
    private readonly options: FollowOptions,
  ) {
    this.identity = new LogIdentity(connection);
  }

  /** Ready to deliver. @throws LogDiverged, Displaced, Refused `log-unavailable` */
  async open(beginning: Beginning): Promise<Consumer> {
    await this.identity.check(beginning.from);
    const info = await (this.options.pinned ? this.share(beginning) : this.own(beginning));
    this.opened = true;
    return this.connection.jetstream.consumers.getConsumerFromInfo(info);
  }

  /** What the server knows of it; undefined when it is not there. */
  find(): Promise<ConsumerInfo | undefined> {
    const { consumers } = this.connection.manager;
    return this.connection.ask(() => consumers.info(STREAM, this.options.durable).catch(undefinedIfMissing));
  }

  /** Alone with it: whoever comes later takes it over, and the one before notices. */
  private async own(beginning: Beginning): Promise<ConsumerInfo> {
    const { durable } = this.options;
    const found = await this.find();
    if (found && this.opened && found.config.metadata?.[OWNER] !== this.owner) throw new Displaced(durable);
    if (found && !this.opened && (await this.isAhead(found, beginning.from)))
      this.note({ ...beginning, reason: 'ahead' });
    return this.anew(beginning);
  }

  /** True when the durable has acknowledged events that the checkpoint does not have: one of the two lost something. */
  private async isAhead({ ack_floor }: ConsumerInfo, from: number): Promise<boolean> {
    if (ack_floor.stream_seq < from) return false;
    const { direct } = this.connection.manager;
    for (const next_by_subj of this.options.filters) {
      const message = await this.connection.ask(() => direct.getMessage(STREAM, { seq: from, next_by_subj }));
      if (message && message.seq <= ack_floor.stream_seq) return true;
    }
    return false;
  }

  /** One of several: the first makes it, the others find it. While nobody is at work the checkpoint counts. */
  private async share(beginning: Beginning): Promise<ConsumerInfo> {
    const { from, reason } = beginning;
    if (reason === 'gap' || reason === 'takeover') return this.anew(beginning);
    const found = await this.find();
    if (!found) return this.add(from);
    if (this.opened) return found;
    const next = found.ack_floor.stream_seq + 1;
    const abandoned = found.num_waiting === 0 && next > from;
    if (!abandoned && sameFilters(found.config, this.options.filters)) return found;
    return this.anew({ from: abandoned ? from : next, reason });
  }

  private async anew(beginning: Beginning): Promise<ConsumerInfo> {
    if (this.opened) this.note(beginning);
    const { consumers } = this.connection.manager;
    await this.connection.ask(() => consumers.delete(STREAM, this.options.durable).catch(undefinedIfMissing));
    return this.add(beginning.from);
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

  private note({ from, reason }: { from: number; reason: string }): void {
    const { durable } = this.options;
    durableRestarts.inc({ durable, reason });
    logger.warn({ durable, from, reason }, 'a durable consumer is made anew');
  }

  private config(from: number): Partial<ConsumerConfig> {
    const { durable, filters, batch = 500, pinned } = this.options;
    return {
      durable_name: durable,
      filter_subjects: [...filters],
      deliver_policy: 'by_start_sequence',
      opt_start_seq: from,
      ack_policy: 'explicit',
      ack_wait: nanos(ACK_WAIT_MS),
      // One batch in the handler's hands, the next one ready.
      max_ack_pending: 2 * batch,
      ...(pinned
        ? {
            priority_policy: 'pinned_client',
            priority_groups: [PIN_GROUP],
            priority_timeout: nanos(PIN_TIMEOUT_MS),
          }
        : { metadata: { [OWNER]: this.owner } }),
    };
  }
}
