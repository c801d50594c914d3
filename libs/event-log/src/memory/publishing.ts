import { AtomicBatches } from './atomic-batches.js';
import type { About } from './memory-log-faults.js';
import type { MemoryStream } from './memory-stream.js';
import { REFUSALS, guardedBy, verdictOn, verdictOnBatch } from './publish-rules.js';
import { header, type Sent } from './stored-message.js';
import { overlaps, tokensOf } from './subject-index.js';

/** The server's answer to a publish, as JSON; nothing for the receipt of a message of a batch. */
export type PubAnswer = object | '';

interface Held {
  messages: readonly Sent[];
  isBatch: boolean;
  answer: (said: PubAnswer) => void;
}

/** How a stream takes what is published: alone or in atomic batches, at once or when its cluster agrees. */
export class Publishing {
  private readonly batches: AtomicBatches;
  /** What a leader without its quorum neither stores nor forgets. */
  private held: Held[] | undefined;
  private stopHolding: () => void = () => undefined;

  constructor(private readonly stream: MemoryStream) {
    this.batches = new AtomicBatches(stream.host.clock);
  }

  /** @param answer is called with what the server says, at once, later, or never */
  take(message: Sent, about: About, answer: (said: PubAnswer) => void): void {
    this.stream.sweep();
    if (header(message, 'Nats-Batch-Id') !== '' && this.stream.config.allow_atomic !== true) {
      if (header(message, 'Nats-Batch-Commit') === '1') answer(this.refusal(REFUSALS.noBatches));
      return;
    }
    const collected = this.batches.collect(message);
    if (collected === 'more') return answer('');
    if (collected && 'error' in collected) return answer(this.refusal(collected.error));
    const work = { messages: collected?.messages ?? [message], isBatch: collected !== undefined, answer };
    if (this.held || this.stream.host.faults.strikes('held', about)) this.hold(work, about);
    else answer(this.decide(work));
  }

  /** The server has stopped: of what was on its way through the cluster others may have heard, so that it is stored without an answer. */
  stop(): void {
    this.batches.clear();
    this.stopHolding();
    if (this.held) this.agree({ node: '', what: this.stream.name });
  }

  private decide({ messages, isBatch }: Held): PubAnswer {
    if (isBatch) {
      const error = verdictOnBatch(this.stream, messages);
      return error ? this.refusal(error) : this.stored(this.stream.store(messages), { count: messages.length });
    }
    const [message] = messages;
    const verdict = message && verdictOn(this.stream, message);
    if (!verdict) return this.stored(this.stream.store(messages));
    return 'error' in verdict ? this.refusal(verdict.error) : this.stored(verdict.duplicate, { duplicate: true });
  }

  /** What is on its way through the cluster counts already: a guard that it may break is in conflict, an id is taken. */
  private hold(work: Held, about: About): void {
    const { host } = this.stream;
    const before = this.held ?? [];
    const error = inProcess(
      before.flatMap(({ messages }) => messages),
      work.messages,
    );
    if (error) return work.answer(this.refusal(error));
    if (!this.held) this.stopHolding = host.clock.after(host.faults.delay_ms('quorum', about), () => this.agree(about));
    this.held = [...before, work];
  }

  private agree(about: About): void {
    const held = this.held ?? [];
    this.held = undefined;
    if (this.stream.host.faults.strikes('held-lost', about)) return;
    this.stream.sweep();
    for (const work of held) work.answer(this.decide(work));
  }

  private stored(seq: number, more: object = {}): PubAnswer {
    return { stream: this.stream.name, seq, ...more };
  }

  private refusal(error: object): PubAnswer {
    return { error, stream: this.stream.name, seq: 0 };
  }
}

function inProcess(held: readonly Sent[], messages: readonly Sent[]): object | undefined {
  const ids = new Set(held.map((one) => header(one, 'Nats-Msg-Id')).filter((id) => id !== ''));
  const subjects = held.map(({ subject }) => tokensOf(subject));
  for (const message of messages) {
    const guard = guardedBy(message);
    if (guard !== undefined && subjects.some((subject) => overlaps(tokensOf(guard), subject)))
      return REFUSALS.conflictInProcess;
    if (ids.has(header(message, 'Nats-Msg-Id'))) return REFUSALS.idInProcess;
  }
  return undefined;
}
