import type { ApiRefusal } from './memory-log-faults.js';
import { header, payloadOf, sizeOf, type Sent } from './stored-message.js';
import type { MemoryStream } from './memory-stream.js';
import { tokensOf } from './subject-index.js';

/** The errors of the JetStream API that the model knows (server/errors.json of nats-server 2.15.1). */
export const REFUSALS = {
  wrongStream: { code: 400, err_code: 10060, description: 'expected stream does not match' },
  tooLong: { code: 400, err_code: 10054, description: 'message size exceeds maximum allowed' },
  idInProcess: { code: 409, err_code: 10158, description: 'duplicate message id is in process' },
  conflictInProcess: { code: 400, err_code: 10164, description: 'wrong last sequence' },
  badTtl: { code: 400, err_code: 10165, description: 'invalid per-message TTL' },
  noTtl: { code: 400, err_code: 10166, description: 'per-message TTL is disabled' },
  noBatches: { code: 400, err_code: 10174, description: 'atomic publish is disabled' },
  incomplete: { code: 400, err_code: 10176, description: 'atomic publish batch is incomplete' },
  batchTooLarge: { code: 400, err_code: 10199, description: 'atomic publish batch is too large: 1000' },
  idInBatch: { code: 400, err_code: 10201, description: 'atomic publish batch contains duplicate message id' },
  streamExists: {
    code: 400,
    err_code: 10058,
    description: 'stream name already in use with a different configuration',
  },
  noStream: { code: 404, err_code: 10059, description: 'stream not found' },
  noConsumer: { code: 404, err_code: 10014, description: 'consumer not found' },
  consumerExists: { code: 400, err_code: 10148, description: 'consumer already exists' },
} as const satisfies Record<string, ApiRefusal>;

/** What the server says of a message: why it does not store it, or that it has it already. */
export type Verdict = { error: ApiRefusal } | { duplicate: number };

const wrongLast = (last: number): ApiRefusal => ({
  code: 400,
  err_code: 10071,
  description: `wrong last sequence: ${last}`,
});
const storeFailed = (description: string): ApiRefusal => ({ code: 503, err_code: 10077, description });

/** Why a message is not stored, or where it stands already; undefined when it may be. Of one alone the expectation comes before its id. */
export function verdictOn(stream: MemoryStream, message: Sent): Verdict | undefined {
  const error = unfit(stream, message) ?? expectationBroken(stream, message);
  if (error) return { error };
  const duplicate = stream.seen(header(message, 'Nats-Msg-Id'));
  if (duplicate !== undefined) return { duplicate };
  const full = noRoom(stream, [message]);
  return full && { error: full };
}

/** Why nothing of a batch is stored; undefined when all may be. Message after message, and of each the id comes before its expectation. */
export function verdictOnBatch(stream: MemoryStream, messages: readonly Sent[]): ApiRefusal | undefined {
  const ids = new Set<string>();
  for (const message of messages) {
    const id = header(message, 'Nats-Msg-Id');
    const wrong = unfit(stream, message);
    if (wrong) return wrong;
    if (id !== '' && (ids.has(id) || stream.seen(id) !== undefined)) return REFUSALS.idInBatch;
    ids.add(id);
    const broken = expectationBroken(stream, message);
    if (broken) return broken;
  }
  return noRoom(stream, messages);
}

/** The filter of what a message expects something of, if it does. */
export function guardedBy(message: Sent): string | undefined {
  if (header(message, 'Nats-Expected-Last-Subject-Sequence') === '') return undefined;
  return header(message, 'Nats-Expected-Last-Subject-Sequence-Subject') || message.subject;
}

function unfit({ config }: MemoryStream, message: Sent): ApiRefusal | undefined {
  const expected = header(message, 'Nats-Expected-Stream');
  if (expected !== '' && expected !== config.name) return REFUSALS.wrongStream;
  const ttl = header(message, 'Nats-TTL');
  if (ttl !== '' && config.allow_msg_ttl !== true) return REFUSALS.noTtl;
  if (ttl !== '' && !/^[1-9]\d*s$/.test(ttl)) return REFUSALS.badTtl;
  const isTooLong = config.max_msg_size >= 0 && payloadOf(message) > config.max_msg_size;
  return isTooLong ? REFUSALS.tooLong : undefined;
}

function expectationBroken(stream: MemoryStream, message: Sent): ApiRefusal | undefined {
  const guard = guardedBy(message);
  if (guard === undefined) return undefined;
  const last = stream.index.last(tokensOf(guard));
  // What is no number counts for 0.
  return last === (Number(header(message, 'Nats-Expected-Last-Subject-Sequence')) || 0) ? undefined : wrongLast(last);
}

/** Only of streams that refuse what has no room: the others forget the oldest. */
function noRoom(stream: MemoryStream, messages: readonly Sent[]): ApiRefusal | undefined {
  const { config } = stream;
  if (config.discard !== 'new') return undefined;
  const added = messages.map((message) => ({ message, replaced: stream.replacedBy(message.subject) }));
  if (config.discard_new_per_subject === true && added.some(({ replaced }) => replaced))
    return storeFailed('maximum messages per subject exceeded');
  const more = added.filter(({ replaced }) => !replaced).length;
  if (config.max_msgs > 0 && more > 0 && stream.count + more > config.max_msgs)
    return storeFailed('maximum messages exceeded');
  const bytes = added.reduce((sum, { message, replaced }) => sum + sizeOf(message) - (replaced?.size ?? 0), 0);
  const isFull = config.max_bytes > 0 && stream.bytes + bytes > config.max_bytes;
  return isFull ? storeFailed('maximum bytes exceeded') : undefined;
}
