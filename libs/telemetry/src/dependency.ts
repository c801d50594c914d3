import { messageOf } from '@edgeflow/contracts/plain';
import type { Clock } from '@edgeflow/runtime';
import { logger } from './logger.js';
import { gauge } from './metrics.js';
import { within } from './within.js';

/** Time limit of one question in milliseconds: shorter than the usual probe's, so that the answer names the culprit. */
const ANSWER_MS = 2_000;
/** Between two looks, in milliseconds: with the limit, what hangs is named within four seconds. */
const LOOK_MS = 2_000;
/** Answers that take longer than this, each of the last ones, make a service slow that needs many of them for one step; in milliseconds. */
const SLOW_MS = 100;
const LAST_ANSWERS = 4;

const late = (): Error => new Error(`no answer within ${ANSWER_MS / 1000} s`);

const up = gauge({
  name: 'edgeflow_dependency_up',
  help: 'Whether what the service stands on has answered the last question: 1 or 0.',
  labelNames: ['dependency'],
});
const answerSeconds = gauge({
  name: 'edgeflow_dependency_answer_seconds',
  help: 'How long the last answer took of what the service stands on, in seconds.',
  labelNames: ['dependency'],
});

/** What a service cannot work without: `ask` throws, or does not end, while it is away. */
export interface Asked {
  /** As people know it: `nats`. */
  name: string;
  /** The code that callers are refused with meanwhile: `log-unavailable`. */
  code: string;
  ask: () => Promise<unknown>;
}

/**
 * One thing that a service stands on, asked every two seconds whether it still does its work, not whether the connection is up: a server
 * that is frozen, or whose disk is, keeps its connections. One log line says when an outage begins and one when it ends; the same of slowness.
 */
export class Dependency {
  private readonly stopping = new AbortController();
  private answered_at: number;
  private took: number[] = [];
  private failure: string | undefined;
  /** Whether the log has said that it is slow. */
  private slow = false;

  constructor(
    private readonly asked: Asked,
    private readonly clock: Clock,
  ) {
    this.answered_at = clock.steady_ms();
  }

  /** Looks from now on. */
  start(): void {
    void this.watch();
  }

  stop(): void {
    this.stopping.abort();
  }

  /**
   * Asks now.
   * @returns why it is to be called slow; undefined when it is not
   * @throws Error that says the code, what went wrong and since when nothing was answered
   */
  async check(): Promise<string | undefined> {
    const began = this.clock.steady_ms();
    try {
      await within(ANSWER_MS, this.asked.ask(), late, this.clock);
    } catch (error) {
      throw this.failed(error);
    }
    this.succeeded(this.clock.steady_ms() - began);
    return this.slowness();
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.check().catch(() => undefined);
      await this.clock.sleep(LOOK_MS, { signal, ref: false });
    }
  }

  private succeeded(took: number): void {
    const { name } = this.asked;
    up.set({ dependency: name }, 1);
    answerSeconds.set({ dependency: name }, took / 1000);
    if (this.failure !== undefined) {
      const for_s = Math.round((this.clock.steady_ms() - this.answered_at) / 1000);
      logger.info({ dependency: name, for_s }, `${name} answers again`);
    }
    this.failure = undefined;
    this.answered_at = this.clock.steady_ms();
    this.took = [...this.took, took].slice(-LAST_ANSWERS);
    this.saySlowness();
  }

  /** It begins when each of the last answers was slow and ends when none was: what goes to and fro in between is said once. */
  private saySlowness(): void {
    const { name } = this.asked;
    const about = { dependency: name, last_ms: this.took.map(Math.round) };
    if (!this.slow && this.slowness() !== undefined) {
      this.slow = true;
      logger.warn(about, `${name} is slow`);
    } else if (this.slow && Math.max(...this.took) <= SLOW_MS) {
      this.slow = false;
      logger.info(about, `${name} is not slow any more`);
    }
  }

  private failed(error: unknown): Error {
    const { name, code } = this.asked;
    const reason = messageOf(error);
    const for_s = Math.round((this.clock.steady_ms() - this.answered_at) / 1000);
    up.set({ dependency: name }, 0);
    if (this.failure === undefined) logger.warn({ dependency: name, code, reason }, `${name} does not answer`);
    this.failure = reason;
    return new Error(`${code}: ${reason}; the last answer of ${name} came ${for_s} s ago`, { cause: error });
  }

  private slowness(): string | undefined {
    const fastest = Math.min(...this.took);
    if (this.took.length < LAST_ANSWERS || fastest <= SLOW_MS) return undefined;
    const { name } = this.asked;
    return `${name} is slow: each of its last ${LAST_ANSWERS} answers took ${Math.round(fastest)} ms or longer, and a step needs several of them`;
  }
}
