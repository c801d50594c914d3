import { JetStreamApiError, JetStreamError, type ConsumerConfig, type StreamInfo } from '@nats-io/jetstream';
import { headers as noHeaders } from '@nats-io/nats-core';
import type { Fetched, Manager } from '../connection/nats-client.js';
import type { ApiRefusal } from './memory-log-faults.js';
import { noResponders, type MemoryNats } from './memory-nats.js';
import type { MemoryStream } from './memory-stream.js';
import { REFUSALS } from './publish-rules.js';
import type { StoredMessage } from './stored-message.js';
import { overlaps, tokensOf } from './subject-index.js';

/** How long an answer may take, in milliseconds, as `Connection` has it. */
const TIMEOUT_MS = 5_000;
/** The server gives the newest messages of so many subjects in one answer. */
const SUBJECTS_MAX = 1_024;

/** Which message is wanted: at a position, the first of a subject from there on, or the newest of a subject. */
interface Query {
  seq?: number;
  next_by_subj?: string;
  last_by_subj?: string;
}
type PageQuery = { seq: number; next_by_subj: string; batch: number } | { multi_last: string[] };
type PageCallback = (done: { err?: Error } | null, message: Fetched) => void;

/** The API of JetStream over a connection. */
export function memoryManager(nats: MemoryNats): Manager {
  const { server } = nats;

  /** @param work at the server, when the question arrives @throws ApiRefusal */
  function call<T>(verb: string, stream: string, work: () => T): Promise<T> {
    const about = nats.about(`${verb} ${stream}`);
    const { faults, clock } = server;
    return nats.ask<T>(TIMEOUT_MS, about, (answer, fail) => {
      if (faults.strikes('request-lost', about)) return;
      const refusal = faults.refuses(about);
      if (refusal === 'no-responders') return fail(noResponders(verb));
      if (refusal) return fail(new JetStreamApiError(refusal));
      const reply = answered(work, answer, fail);
      if (faults.strikes('answer-lost', about)) return;
      const wait = faults.delay_ms('answer', about);
      if (wait > 0) clock.after(wait, reply);
      else reply();
    });
  }

  const found = (name: string): MemoryStream => {
    const stream = server.stream(name);
    if (!stream) throw new ApiError(REFUSALS.noStream);
    stream.sweep();
    return stream;
  };
  const on = <T>(verb: string, name: string, work: (stream: MemoryStream) => T): Promise<T> =>
    call(verb, name, () => work(found(name)));
  /** What a replica has that may be behind. */
  const direct = <T>(verb: string, name: string, work: (stream: MemoryStream, upTo: number) => T): Promise<T> =>
    on(`direct.${verb}`, name, (stream) =>
      work(stream, stream.last - server.faults.behind(nats.about(`direct.${verb} ${name}`))),
    );
  const addConsumer = (stream: MemoryStream, config: Partial<ConsumerConfig>) => {
    const consumer = stream.consumer(config);
    if (!consumer) throw new ApiError(REFUSALS.consumerExists);
    return consumer.info();
  };
  const consumerOf = (stream: MemoryStream, name: string) => {
    const consumer = stream.consumers.get(name);
    if (!consumer) throw new ApiError(REFUSALS.noConsumer);
    return consumer;
  };
  const page = (name: string, query: PageQuery, callback: PageCallback): Promise<{ stop(error?: Error): void }> => {
    let isOver = false;
    const end = (err?: Error): void => {
      if (isOver) return;
      isOver = true;
      callback(err ? { err } : {}, nothing);
    };
    direct('page', name, (stream, upTo) => pageOf(stream, query, upTo)).then((messages) => {
      if (isOver) return;
      for (const message of messages) callback(null, message);
      end();
    }, end);
    return Promise.resolve({ stop: end });
  };

  return {
    streams: {
      info: (name) => on('stream.info', name, infoOf),
      add: (config) =>
        call('stream.add', config.name, () => {
          const stream = server.addStream(config);
          if (!stream) throw new ApiError(REFUSALS.streamExists);
          return infoOf(stream);
        }),
      update: (name, config) =>
        on('stream.update', name, (stream) => {
          stream.update(config);
          return infoOf(stream);
        }),
      delete: (name) =>
        on('stream.delete', name, () => {
          server.deleteStream(name);
          return true;
        }),
      names: (subject) => namesOf(call('stream.names', '', () => server.names(overlapping(subject)))),
      getMessage: (name, query) => on('stream.getMessage', name, (stream) => one(stream, query, stream.last)),
    },
    consumers: {
      info: (name, consumer) => on('consumer.info', name, (stream) => consumerOf(stream, consumer).info()),
      add: (name, config) => on('consumer.add', name, (stream) => addConsumer(stream, config)),
      update: (name, consumer, config) =>
        on('consumer.update', name, (stream) => {
          stream.forget(consumerOf(stream, consumer));
          return addConsumer(stream, config);
        }),
      delete: (name, consumer) =>
        on('consumer.delete', name, (stream) => {
          stream.forget(consumerOf(stream, consumer));
          return true;
        }),
    },
    direct: {
      getMessage: (name, query) => direct('getMessage', name, (stream, upTo) => one(stream, query as Query, upTo)),
      getBatch: (name, { callback, ...query }) => page(name, query, callback),
      getLastMessagesFor: (name, { callback, ...query }) => page(name, query, callback),
    },
  };
}

/** A refusal on its way to who asked. */
class ApiError extends Error {
  constructor(readonly refusal: ApiRefusal) {
    super(refusal.description);
  }
}

function answered<T>(work: () => T, answer: (value: T) => void, fail: (error: Error) => void): () => void {
  try {
    const value = work();
    return () => answer(value);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return () => fail(new JetStreamApiError(error.refusal));
  }
}

function infoOf(stream: MemoryStream): StreamInfo {
  const { config, created } = stream;
  const ts = stream.now.toISOString();
  return { config, created, state: stream.state(), ts, sources: [] } as unknown as StreamInfo;
}

const nothing: Fetched = {
  subject: '',
  seq: 0,
  header: noHeaders(),
  data: new Uint8Array(),
  timestamp: '',
  pending: 0,
};

function fetched(message: StoredMessage, pending = -1): Fetched {
  const { subject, position, headers = noHeaders(), data, timestamp } = message;
  return { subject, seq: position, header: headers, data, timestamp, pending };
}

function one(stream: MemoryStream, query: Query, upTo: number): Fetched | null {
  const message = stream.at(positionOf(stream, query, upTo));
  return message && message.position <= upTo ? fetched(message) : null;
}

function positionOf({ index }: MemoryStream, { seq = 1, next_by_subj, last_by_subj }: Query, upTo: number): number {
  if (last_by_subj !== undefined) return index.last(tokensOf(last_by_subj), upTo + 1);
  if (next_by_subj === undefined) return seq;
  return Math.min(
    ...index.matching(tokensOf(next_by_subj)).map((of) => of.find((position) => position >= seq) ?? Infinity),
  );
}

function pageOf(stream: MemoryStream, query: PageQuery, upTo: number): Fetched[] {
  const positions =
    'seq' in query
      ? stream.positions(tokensOf(query.next_by_subj), query.seq, upTo)
      : stream.lastOfEach(query.multi_last.map(tokensOf), upTo);
  if (!('seq' in query) && positions.length > SUBJECTS_MAX) throw new Error('Too Many Results');
  const page = 'seq' in query ? positions.slice(0, query.batch) : positions;
  return page.flatMap((position, index) => {
    const message = stream.at(position);
    return message ? [fetched(message, positions.length - index - 1)] : [];
  });
}

function overlapping(filter: string): (subject: readonly string[]) => boolean {
  const tokens = tokensOf(filter);
  return (subject) => overlaps(tokens, subject);
}

async function* namesOf(names: Promise<string[]>): AsyncGenerator<string> {
  yield* await names;
}

/** What ends a delivery: as the client says it. */
export function deliveryError(message: string, code?: number): Error {
  return Object.assign(new JetStreamError(message), code === undefined ? {} : { code });
}
