import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Refused } from '@edgeflow/contracts';
import { systemMachine, type Machine, type Sleep } from '@edgeflow/runtime';
import { backoff, errorSparsely, logger, untilAnswered } from '@edgeflow/telemetry';
import { isUnavailable } from './availability.js';
import { accessOf, shownServers } from './credentials.js';
import { asDenied, asNotAdmitted } from './denials.js';
import { LogClock } from './log-clock.js';
import type { Manager, Nats, NatsClient } from './nats-client.js';
import { tooOld } from './server-version.js';
import { tolerateHeaders } from './tolerant-headers.js';
import type { ReadReceived } from '../received.js';
import type { EventLogOptions } from '../types.js';
import { readReceived } from '../wire.js';

tolerateHeaders();

/** How long an answer of the JetStream API may take, in milliseconds. */
const API_TIMEOUT_MS = 5_000;
/** How long a close waits for what is under way, in milliseconds. */
const CLOSE_MS = 5_000;
/** How long a request waits for a connection that was lost, in milliseconds. */
const RECONNECT_PATIENCE_MS = 2_000;

/** The connection to NATS with what this library needs of it. It comes back by itself, for ever. */
export class Connection {
  /** The time of the server that stores the events. */
  readonly clock: LogClock;
  private alive = true;
  /** How often the connection was lost. */
  epoch = 0;
  private readonly reconnected = new Set<() => void>();
  /** Ends the sleep of those who wait for it. */
  private back = new AbortController();

  readonly nats: Nats;
  readonly manager: Manager;
  readonly jetstream: NatsClient['jetstream'];
  readonly read: ReadReceived;

  /** @param name the user; of a connection without one, the connection's name */
  constructor(
    client: NatsClient,
    readonly name: string,
    readonly machine: Machine,
  ) {
    this.nats = client.nats;
    this.manager = client.manager;
    this.jetstream = client.jetstream;
    this.read = client.read ?? readReceived;
    this.clock = new LogClock(machine.clock);
    void this.watch();
  }

  /** Waits while NATS is away, with a log line. @throws ServerTooOld @throws NotAdmitted */
  static async open(options: EventLogOptions): Promise<Connection> {
    const { name, servers, api_prefix, machine = systemMachine } = options;
    const access = accessOf(options);
    const at = shownServers(servers);
    const settings = {
      ...access,
      name,
      timeout: API_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      // A peer that vanished without a word, or is frozen, is noticed within 15 seconds: another one of a cluster is asked then.
      pingInterval: 5_000,
      // The client would else make an error with a stack for every request, in case it fails.
      noAsyncTraces: true,
      maxPingOut: 2,
    };
    const admitted = (): Promise<NatsConnection> =>
      connect(settings).catch((error: unknown) => {
        throw asNotAdmitted(error, access.user, at);
      });
    const nats = await untilAnswered(`NATS at ${at}`, admitted, isUnavailable, machine);
    const refusal = tooOld(nats.info?.version, nats.getServer());
    if (refusal) {
      await nats.close();
      throw refusal;
    }
    const api = { timeout: API_TIMEOUT_MS, ...(api_prefix && { apiPrefix: api_prefix }) };
    const manager = await jetstreamManager(nats, { checkAPI: false, ...api });
    return new Connection({ nats, manager, jetstream: jetstream(nats, api) }, access.user ?? name, machine);
  }

  get up(): boolean {
    return this.alive && !this.nats.isClosed();
  }

  /**
   * Makes a request to NATS. A connection that is coming back is waited for a little, since the client would else send the request later,
   * when nobody waits for it any more.
   * @throws Refused `log-unavailable` when NATS does not answer
   * @throws Denied when the user lacks the right; other errors as they are
   */
  async ask<T>(request: () => Promise<T>, patienceMs = RECONNECT_PATIENCE_MS): Promise<T> {
    if (!this.up) await this.backWithin(patienceMs);
    try {
      return await request();
    } catch (error) {
      const denied = asDenied(error, this.name);
      if (denied) throw denied;
      if (error instanceof Refused || !isUnavailable(error)) throw error;
      throw new Refused('log-unavailable', undefined, {}, { cause: error });
    }
  }

  /** Calls `listener` whenever the connection has come back: what the server had sent meanwhile is lost. @returns unsubscribe */
  onReconnect(listener: () => void): () => void {
    this.reconnected.add(listener);
    return () => this.reconnected.delete(listener);
  }

  /** Waits before another try. @param failures so many tries have failed, less one: 0, 1, … */
  pause(failures: number, how?: Sleep): Promise<void> {
    const { clock, entropy } = this.machine;
    return clock.sleep(backoff(failures, entropy), how);
  }

  async close(): Promise<void> {
    // A drain waits for the server; without one, or with one that hangs, there is nothing to wait for.
    const late = this.machine.clock.sleep(CLOSE_MS, { ref: false });
    if (this.up) await Promise.race([this.nats.drain().catch(() => undefined), late]);
    await this.nats.close();
  }

  private async backWithin(ms: number): Promise<void> {
    const { clock } = this.machine;
    const deadline = clock.steady_ms() + ms;
    while (!this.up) {
      const left_ms = deadline - clock.steady_ms();
      if (left_ms <= 0 || this.nats.isClosed()) throw new Refused('log-unavailable');
      await clock.sleep(Math.max(1, left_ms), { signal: this.back.signal });
    }
  }

  /** It has come back, or never will: whoever waits looks. */
  private wake(): void {
    this.back.abort();
    this.back = new AbortController();
  }

  /** Whoever waits looks at once when the connection is gone for good. */
  private async watch(): Promise<void> {
    await this.watchStatus();
    this.wake();
  }

  private async watchStatus(): Promise<void> {
    for await (const status of this.nats.status()) {
      const { type } = status;
      if (type === 'error') {
        const denied = asDenied(status.error, this.name);
        const { message } = denied ?? status.error;
        errorSparsely(
          message,
          { err: denied ?? status.error },
          denied ? message : 'NATS reports an error',
          this.machine.clock,
        );
      } else if (type === 'disconnect') {
        this.alive = false;
        this.epoch++;
        logger.warn('the connection to NATS is lost; it comes back by itself');
      } else if (type === 'reconnect') {
        // It may have been exchanged for an older one meanwhile: appends would then lose their guard, so nothing goes on.
        const refusal = tooOld(this.nats.info?.version, this.nats.getServer());
        if (refusal) {
          logger.fatal({ err: refusal }, 'the connection to NATS is given up');
          return this.nats.close();
        }
        this.alive = true;
        this.wake();
        logger.info({ server: this.nats.getServer() }, 'the connection to NATS is back');
        for (const listener of this.reconnected) listener();
      }
    }
  }
}
