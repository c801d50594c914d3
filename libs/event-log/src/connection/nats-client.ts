import type {
  ConsumerConfig,
  ConsumerInfo,
  DeliveryInfo,
  DirectMsgRequest,
  JsMsg,
  MsgRequest,
  StoredMsg,
  StreamConfig,
  StreamInfo,
} from '@nats-io/jetstream';
import type { Msg, NatsConnection, PublishOptions, ServerInfo } from '@nats-io/nats-core';
import type { ReadReceived } from '../received.js';

/*
 * What this library needs of a client of NATS, and no more: everything above it runs on the real one and on that of the memory log alike.
 */

/** A message as a subscription or a request gets it. */
export type CoreMessage = Pick<Msg, 'subject' | 'headers' | 'data'>;

/** The connection itself. */
export interface Nats extends Pick<
  NatsConnection,
  'isClosed' | 'flush' | 'drain' | 'close' | 'status' | 'getServer' | 'closed'
> {
  readonly info?: Pick<ServerInfo, 'version'> | undefined;
  publish(subject: string, payload?: Uint8Array | string, options?: PublishOptions): void;
  request(
    subject: string,
    payload: Uint8Array | string,
    options: { timeout: number } & Pick<PublishOptions, 'headers'>,
  ): Promise<CoreMessage>;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: CoreMessage) => void },
  ): { unsubscribe(): void };
}

/** A message as a get brings it; `pending`: how many of a page come behind it. */
export type Fetched = Pick<StoredMsg, 'subject' | 'header' | 'data' | 'seq' | 'timestamp' | 'pending'>;

interface PageRequest {
  callback: (done: { err?: Error } | null, message: Fetched) => void;
}

/** The streams of JetStream, their consumers, and single messages of theirs. */
export interface Manager {
  readonly streams: {
    info(stream: string): Promise<StreamInfo>;
    add(config: Partial<StreamConfig> & { name: string }): Promise<StreamInfo>;
    update(stream: string, config: Partial<StreamConfig>): Promise<StreamInfo>;
    delete(stream: string): Promise<boolean>;
    names(subject: string): AsyncIterable<string>;
    getMessage(stream: string, query: MsgRequest): Promise<Fetched | null>;
  };
  readonly consumers: {
    info(stream: string, consumer: string): Promise<ConsumerInfo>;
    add(stream: string, config: Partial<ConsumerConfig>): Promise<ConsumerInfo>;
    update(stream: string, consumer: string, config: Partial<ConsumerConfig>): Promise<ConsumerInfo>;
    delete(stream: string, consumer: string): Promise<boolean>;
  };
  readonly direct: {
    getMessage(stream: string, query: DirectMsgRequest): Promise<Fetched | null>;
    getBatch(
      stream: string,
      query: { seq: number; next_by_subj: string; batch: number } & PageRequest,
    ): Promise<{ stop(error?: Error): void }>;
    getLastMessagesFor(
      stream: string,
      query: { multi_last: string[] } & PageRequest,
    ): Promise<{ stop(error?: Error): void }>;
  };
}

/** A message as a consumer delivers it. */
export interface Delivered extends Pick<
  JsMsg,
  'subject' | 'headers' | 'data' | 'seq' | 'timestamp' | 'ack' | 'nak' | 'working'
> {
  readonly info: Pick<DeliveryInfo, 'deliverySequence' | 'pending'>;
}

/** What a consumer delivers, until it is closed or breaks off. */
export interface Deliveries extends AsyncIterable<Delivered> {
  close(): Promise<unknown>;
  status(): AsyncIterable<{ type: string }>;
}

/** How much is asked for at a time, and how long a pull waits at the server, in milliseconds. */
export interface Pull {
  max_messages: number;
  expires: number;
  idle_heartbeat?: number;
}

/** A consumer that exists at the server. */
export interface PullConsumer {
  /** Goes on until it is closed, whatever comes between; with `abort_on_missing_resource` until the consumer is gone. */
  consume(options: Pull & { abort_on_missing_resource?: boolean }): Promise<Deliveries>;
  /** One pull. */
  fetch(options: Pull): Promise<Deliveries>;
}

/** A client of NATS. */
export interface NatsClient {
  readonly nats: Nats;
  readonly manager: Manager;
  readonly jetstream: { readonly consumers: { getConsumerFromInfo(info: ConsumerInfo): PullConsumer } };
  /** What reads events out of messages. Default: `readReceived`. */
  readonly read?: ReadReceived;
}
