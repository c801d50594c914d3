import type { Clock } from '@edgeflow/runtime';
import { REFUSALS } from './publish-rules.js';
import type { ApiRefusal } from './memory-log-faults.js';
import { header, type Sent } from './stored-message.js';

/** The server forgets a batch after so long without another message of it, in milliseconds (ADR-50 of NATS). */
const FORGOTTEN_MS = 10_000;
const BATCH_MAX = 1_000;

/** What a message of a batch leads to: nothing yet, all of them, or a refusal of the batch. */
export type Collected = { messages: readonly Sent[] } | { error: ApiRefusal } | 'more';

/** The atomic batches of a stream that were not committed yet. */
export class AtomicBatches {
  private readonly batches = new Map<string, { messages: Sent[]; last_ms: number }>();

  constructor(private readonly clock: Pick<Clock, 'steady_ms'>) {}

  /** Takes a message of a batch; undefined for one that stands alone. */
  collect(message: Sent): Collected | undefined {
    const id = header(message, 'Nats-Batch-Id');
    if (id === '') return undefined;
    const now = this.clock.steady_ms();
    const sequence = Number(header(message, 'Nats-Batch-Sequence'));
    if (sequence === 1) this.batches.set(id, { messages: [], last_ms: now });
    const batch = this.batches.get(id);
    const isWhole = batch?.messages.length === sequence - 1 && now - batch.last_ms <= FORGOTTEN_MS;
    if (!batch || !isWhole) return this.refused(id, REFUSALS.incomplete);
    if (sequence > BATCH_MAX) return this.refused(id, REFUSALS.batchTooLarge);
    batch.messages.push(message);
    batch.last_ms = now;
    if (header(message, 'Nats-Batch-Commit') !== '1') return 'more';
    this.batches.delete(id);
    return { messages: batch.messages };
  }

  /** The server has stopped. */
  clear(): void {
    this.batches.clear();
  }

  private refused(id: string, error: ApiRefusal): Collected {
    this.batches.delete(id);
    return { error };
  }
}
