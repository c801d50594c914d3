import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Refused } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import { isUnavailable, untilAnswered } from './availability.js';
import { accessOf, shownServers } from './credentials.js';
import { asDenied, asNotAdmitted } from './denials.js';
import { ServerTooOld } from '../errors.js';
import { LogClock } from './log-clock.js';
import { checkServerVersion } from './server-version.js';
import { tolerateHeaders } from './tolerant-headers.js';
import type { EventLogOptions } from '../types.js';

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
  readonly clock = new LogClock();
  private alive = true;
  /** How often the connection was lost. */
  epoch = 0;
  private readonly reconnected = new Set<() => void>();

  private constructor(
    readonly nats: NatsConnection,
    readonly manager: JetStreamManager,
    readonly jetstream: JetStreamClient,
    /** The user; of a connection without one, the connection's name. */
    readonly name: string,
  ) {
    void this.watch();
  }

  /** Waits while NATS is away, with a log line. @throws ServerTooOld @throws NotAdmitted */
  static async open(options: EventLogOptions): Promise<Connection> {
    const { name, servers, api_prefix } = options;
    const access = accessOf(options);
    const nats = await untilAnswered(`NATS at ${shownServers(servers)}`, () =>
      connect({
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
      }).catch((error: unknown) => {
        throw asNotAdmitted(error, access.user, shownServers(servers));
      }),
    );
    try {
      checkServerVersion(nats.info?.version ?? '', nats.getServer());
    } catch (error) {
      await nats.close();
      throw error;
    }
    const api = { timeout: API_TIMEOUT_MS, ...(api_prefix && { apiPrefix: api_prefix }) };
    const manager = await jetstreamManager(nats, { checkAPI: false, ...api });
    return new Connection(nats, manager, jetstream(nats, api), access.user ?? name);
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

  async close(): Promise<void> {
    // A drain waits for the server; without one, or with one that hangs, there is nothing to wait for.
    const late = sleep(CLOSE_MS, undefined, { ref: false });
    if (this.up) await Promise.race([this.nats.drain().catch(() => undefined), late]);
    await this.nats.close();
  }

  private async backWithin(ms: number): Promise<void> {
    const deadline = Date.now() + ms;
    while (!this.up) {
      if (Date.now() >= deadline || this.nats.isClosed()) throw new Refused('log-unavailable');
      await sleep(20);
    }
  }

  private async watch(): Promise<void> {
    for await (const status of this.nats.status()) {
      const { type } = status;
      if (type === 'error') {
        const denied = asDenied(status.error, this.name);
        logger.error({ err: denied ?? status.error }, denied ? denied.message : 'NATS reports an error');
      } else if (type === 'disconnect') {
        this.alive = false;
        this.epoch++;
        logger.warn('the connection to NATS is lost; it comes back by itself');
      } else if (type === 'reconnect') {
        this.alive = this.isNewEnough();
        if (!this.alive) return;
        logger.info({ server: this.nats.getServer() }, 'the connection to NATS is back');
        for (const listener of this.reconnected) listener();
      }
    }
  }

  /** The server may have been exchanged for an older one meanwhile: appends would then lose their guard, so nothing goes on. */
  private isNewEnough(): boolean {
    try {
      checkServerVersion(this.nats.info?.version ?? '', this.nats.getServer());
      return true;
    } catch (error) {
      if (!(error instanceof ServerTooOld)) throw error;
      logger.fatal({ err: error }, 'the connection to NATS is given up');
      void this.nats.close();
      return false;
    }
  }
}
