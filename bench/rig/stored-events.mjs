/** What was stored in the log since a moment, by the type of the event. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { claim } from './measure.mjs';

const STREAM = 'OTA';
const PAGE = 10_000;
const WAIT_MS = 10_000;
/** A minute, in nanoseconds. */
const INACTIVE_NS = 60e9;

/** What stands in a message's headers: an event that stays, one that leaves when its lease runs out, or a message that the server holds for later. */
function kindOf(headers) {
  const has = (name) => (headers?.get(name) ?? '') !== '';
  if (has('Nats-Schedule')) return 'schedules';
  return has('Nats-TTL') ? 'leases' : 'events';
}

export class StoredEvents {
  constructor(connection) {
    this.connection = connection;
  }

  /** The last sequence of the stream. */
  async last() {
    const manager = await jetstreamManager(this.connection);
    return (await manager.streams.info(STREAM)).state.last_seq;
  }

  /** The last sequence that folds see. */
  async lastEvent() {
    const manager = await jetstreamManager(this.connection);
    return (await manager.direct.getMessage(STREAM, { last_by_subj: 'ota.>' }))?.seq ?? 0;
  }

  /** @returns lasting events, leases and schedules behind a sequence up to another, in all, and messages by type */
  async between(from, to) {
    const counts = { events: 0, leases: 0, schedules: 0, by_type: {} };
    if (to <= from) return counts;
    const consumer = await this.#reader(from + 1);
    for (let seen = from; seen < to;) {
      const before = seen;
      for await (const { seq, headers } of await consumer.fetch({ max_messages: PAGE, expires: WAIT_MS })) {
        seen = seq;
        if (seq > to) break;
        counts[kindOf(headers)] += 1;
        const type = headers?.get('ce-type') || 'other';
        counts.by_type[type] = (counts.by_type[type] ?? 0) + 1;
        if (seq === to) break;
      }
      claim(seen > before, `the log was read up to ${seen} of ${to}`);
    }
    await consumer.delete();
    return counts;
  }

  async #reader(opt_start_seq) {
    const manager = await jetstreamManager(this.connection);
    const { name } = await manager.consumers.add(STREAM, {
      ...{ deliver_policy: 'by_start_sequence', opt_start_seq, ack_policy: 'none' },
      ...{ headers_only: true, mem_storage: true, inactive_threshold: INACTIVE_NS },
    });
    return jetstream(this.connection).consumers.get(STREAM, name);
  }
}
