import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { StoredEvent } from '@edgeflow/contracts';
import type { EventLog } from '../event-log.js';
import type { Stall, Worker, WorkOptions } from '../types.js';
import { EventContext } from './event-context.js';
import { matches } from './subject-pattern.js';

export interface EventLogServerOptions extends Omit<WorkOptions, 'filters'> {
  log: EventLog;
}

/**
 * Runs `@EventPattern('ota.*.update.*.UpdateDispatched')` handlers over the log: `app.connectMicroservice({ strategy: new
 * EventLogServer({ log, durable: 'gateway-offers' }) })`. The handler gets the event as `@Payload()` and an `EventContext` as `@Ctx()`.
 * Its end, Promise or Observable, acknowledges the event; see `EventLog.work` for errors. Several patterns must not overlap.
 */
export class EventLogServer extends Server implements CustomTransportStrategy {
  private worker: Worker | undefined;

  constructor(private readonly options: EventLogServerOptions) {
    super();
  }

  /** Begins to take events. An error of NATS, or of the patterns, goes to the callback. */
  listen(callback: (error?: unknown) => void): void {
    this.start().then(() => callback(), callback);
  }

  /** Takes no more events and waits for the handlers that run. */
  async close(): Promise<void> {
    await this.worker?.stop();
  }

  /** What it has not got past for long, for a readiness check. */
  stalled(): Stall | undefined {
    return this.worker?.stalled();
  }

  /** This transport has no events of its own. */
  on(event: string): never {
    throw new Error(`EventLogServer has no event ${event}`);
  }

  /** The log itself. */
  unwrap<T>(): T {
    return this.options.log as T;
  }

  private async start(): Promise<void> {
    const handlers = [...this.messageHandlers];
    const request = handlers.find(([, handler]) => !handler.isEventHandler);
    if (request) throw new Error(`the log answers nothing, so ${request[0]} must be an @EventPattern`);
    if (handlers.length === 0) throw new Error('no @EventPattern is registered');
    const { log, ...options } = this.options;
    this.worker = await log.work({ ...options, filters: handlers.map(([pattern]) => pattern) }, (event, delivery) =>
      this.handle(event, new EventContext([delivery])),
    );
  }

  private async handle(event: StoredEvent, context: EventContext): Promise<void> {
    const [, handler] = [...this.messageHandlers].find(([pattern]) => matches(pattern, context.subject)) ?? [];
    if (!handler) throw new Error(`no @EventPattern names ${context.subject}`);
    await this.invoke(handler, event, context);
  }

  private invoke(handler: MessageHandler, event: StoredEvent, context: EventContext): Promise<void> {
    return new Promise((resolve, reject) => {
      this.runWithProcessingHooks(context, async (runEndHook) => {
        await settled(handler, event, context).then(resolve, reject);
        runEndHook();
      });
    });
  }
}

/** A handler ends when its Promise, or its Observable, does. */
async function settled(handler: MessageHandler, event: StoredEvent, context: EventContext): Promise<void> {
  const result: unknown = await handler(event, context);
  if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
}
