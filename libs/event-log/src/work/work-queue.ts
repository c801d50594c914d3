import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { logger } from '@edgeflow/telemetry';
import { backoff } from '../connection/availability.js';
import type { Connection } from '../connection/connection.js';
import { LogDiverged } from '../errors.js';
import { HEARTBEAT_MS } from '../connection/silence.js';
import { LogIdentity } from '../connection/log-identity.js';
import { Progress } from '../progress.js';
import type { Stall, Worker, WorkHandler, WorkOptions } from '../types.js';
import { Faults } from './faults.js';
import { firstOpen, openWorkDurable } from './work-durable.js';
import { WorkMessage } from './work-message.js';

const CONCURRENCY = 16;
/** How often it is looked whether the work gets on, in milliseconds. */
const LOOK_MS = 1_000;

/** See `EventLog.work`. */
export class WorkQueue implements Worker {
  private readonly stopping = new AbortController();
  private readonly identity: LogIdentity;
  /** What is being worked on, by position. */
  private readonly running = new Map<number, Promise<void>>();
  private readonly options: WorkOptions & Required<Pick<WorkOptions, 'concurrency' | 'from'>>;
  private messages: ConsumerMessages | undefined;
  private finished: Promise<void> = Promise.resolve();
  private readonly progress = new Progress();
  private readonly faults = new Faults();
  /** The newest position that came here. */
  private newest: number;

  constructor(
    private readonly connection: Connection,
    options: WorkOptions,
    private readonly handler: WorkHandler,
  ) {
    this.options = { concurrency: CONCURRENCY, from: 1, ...options };
    this.newest = this.options.from - 1;
    this.identity = new LogIdentity(connection);
  }

  /** Resolves when the durable is there; the work goes on in the background. */
  async start(): Promise<void> {
    this.messages = await this.pull();
    this.finished = Promise.all([this.run(), this.watch()]).then(() => undefined);
  }

  stalled(): Stall | undefined {
    return this.progress.stalled(Date.now());
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    void this.messages?.close();
    await this.finished;
    await Promise.all(this.running.values());
    if (this.connection.up) await this.connection.nats.flush();
  }

  /** Works until it is stopped; a durable that is gone is made again. */
  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted && !this.connection.nats.isClosed(); failures++) {
      try {
        this.messages ??= await this.pull();
        failures = 0;
        for await (const message of this.messages) await this.take(message);
      } catch (error) {
        logger.error({ err: error, durable: this.options.durable }, 'the delivery of work broke off');
        if (error instanceof LogDiverged) return;
      }
      this.messages = undefined;
      await sleep(backoff(failures), undefined, { signal }).catch(() => undefined);
    }
  }

  /** By what the server has as open, since an event may be in the hands of another worker of the name. */
  private async watch(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted && !this.connection.nats.isClosed()) {
      const open = await firstOpen(this.connection, this.options.durable).catch(() => 'unknown' as const);
      if (open !== 'unknown') this.progress.saw(open, Date.now());
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async pull(): Promise<ConsumerMessages> {
    // A durable that somebody deleted begins after what was done here.
    const from = Math.min(this.newest + 1, ...this.running.keys());
    await this.identity.check(from);
    const consumer = await openWorkDurable(this.connection, { ...this.options, from });
    return consumer.consume({
      ...{ max_messages: this.options.concurrency, idle_heartbeat: HEARTBEAT_MS, abort_on_missing_resource: true },
    });
  }

  /** Begins the work on a message; waits while all hands are full. */
  private async take(message: JsMsg): Promise<void> {
    if (this.stopping.signal.aborted) return message.nak();
    const position = message.seq;
    this.newest = Math.max(this.newest, position);
    const work = new WorkMessage(this.connection, this.options, message, this.faults, this.stopping.signal)
      .handle(this.handler)
      .catch((error: unknown) => {
        // Not acknowledged, so it comes again.
        logger.error({ err: error, durable: this.options.durable, position }, 'an event was left undone');
      })
      .finally(() => this.running.delete(position));
    this.running.set(position, work);
    if (this.running.size >= this.options.concurrency) await Promise.race(this.running.values());
  }
}
