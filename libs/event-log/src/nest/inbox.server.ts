import type { Clock } from '@edgeflow/runtime';
import { BaseRpcContext, Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { defer, lastValueFrom } from 'rxjs';
import { AllInboxes, type InboxListener } from '../inbox/all-inboxes.js';
import type { Inboxes } from '../event-log.js';
import type { InboxMessage } from '../inbox/take-in.js';
import { matches } from './subject-pattern.js';

/**
 * Runs `@EventPattern('inbox.*.*.UpdateRequested')` handlers over the inboxes of all organizations while this process leads, from `start` on:
 * `app.connectMicroservice({ strategy: new InboxServer({ inboxes: log.inboxes, leading, clock }) })`. The handler gets the `InboxMessage` as
 * `@Payload()`; several patterns must not overlap. Its end, Promise or Observable, takes the message out of the inbox; an error leaves it
 * there, as `Inboxes.takeIn` says, and wants `@UseFilters(EventErrorsFilter)` to come through as it is.
 */
export class InboxServer extends Server implements CustomTransportStrategy, InboxListener {
  private readonly all: AllInboxes;

  /** @param options `leading`: whether this process is the one that takes in; asked again and again */
  constructor(private readonly options: { inboxes: Inboxes; leading: () => boolean; clock: Clock }) {
    super();
    this.all = new AllInboxes(options.inboxes, options.leading, (message) => this.handle(message), options.clock);
  }

  /** Looks at the patterns; an error of theirs goes to the callback. Taken in is from `start` on. */
  listen(callback: (error?: unknown) => void): void {
    const handlers = [...this.messageHandlers];
    const request = handlers.find(([, handler]) => !handler.isEventHandler);
    if (request) return callback(new Error(`an inbox answers nothing, so ${request[0]} must be an @EventPattern`));
    if (handlers.length === 0) return callback(new Error('no @EventPattern is registered'));
    callback();
  }

  /** Begins to take in. */
  start(): void {
    this.all.start();
  }

  /** Takes no more messages and waits for the handlers that run. */
  stop(): Promise<void> {
    return this.all.stop();
  }

  /** As `stop`. */
  close(): Promise<void> {
    return this.stop();
  }

  /** For a readiness check. @throws Error that names the organizations whose inbox does not get on */
  check(): void {
    this.all.check();
  }

  /** This transport has no events of its own. */
  on(event: string): never {
    throw new Error(`InboxServer has no event ${event}`);
  }

  /** The inboxes themselves. */
  unwrap<T>(): T {
    return this.options.inboxes as T;
  }

  private async handle(message: InboxMessage): Promise<void> {
    const subject = `inbox.${message.org}.${message.request_id}.${message.type}`;
    const [, handler] = [...this.messageHandlers].find(([pattern]) => matches(pattern, subject)) ?? [];
    if (!handler) throw new Error(`no @EventPattern names ${subject}`);
    await this.invoke(handler, message, subject);
  }

  /** A handler ends when its Promise, or its Observable, does. */
  private invoke(handler: MessageHandler, message: InboxMessage, subject: string): Promise<void> {
    const context = new BaseRpcContext([subject]);
    return new Promise((resolve, reject) => {
      this.runWithProcessingHooks(context, async (runEndHook) => {
        const result = defer(() => this.transformToObservable<unknown>(handler(message, context)));
        await lastValueFrom(result, { defaultValue: undefined }).then(() => resolve(), reject);
        runEndHook();
      });
    });
  }
}
