/** The server's answer to a publish: where the last message stands, or why nothing was stored. */
export type PublishReply = { seq: number; duplicate: boolean } | PublishError;

/** An error of the JetStream API (server/errors.json of nats-server). */
export interface PublishError {
  code: number;
  err_code: number;
  description: string;
}

/** Wrong last sequence; the second stands for a cluster that cannot say which it is. */
const WRONG_LAST_SEQUENCE = [10071, 10164];
const BATCH_HAS_SEEN_ID = 10201;
/** Insufficient resources, storage resources exceeded, store failed (e.g. "maximum bytes exceeded"). */
const NO_ROOM = [10023, 10047, 10077];
/** "Per-message TTL is disabled": the JetStream stream is as an older release made it, until somebody runs the provisioning. */
const NO_LEASES = 10166;
/**
 * What passes though its code is a client's fault: a message of a batch was lost on the way; the same id is on its way through a cluster
 * already ("duplicate message id is in process"), be it an earlier attempt of ours whose answer was lost with the leader.
 */
const PASSING = [10176, 10158];
/** Too slow, in each other's way, too many at once. */
const PASSING_STATUS = [408, 409, 429];

export function isConflict({ err_code }: PublishError): boolean {
  return WRONG_LAST_SEQUENCE.includes(err_code);
}

export function isSeenId({ err_code }: PublishError): boolean {
  return err_code === BATCH_HAS_SEEN_ID;
}

export function hasNoLeases({ err_code }: PublishError): boolean {
  return err_code === NO_LEASES;
}

export function isFull({ err_code }: PublishError): boolean {
  return NO_ROOM.includes(err_code);
}

/** True for what a later attempt may get past: also whatever a server says of itself (5xx) while its cluster has no leader or no quorum. */
export function isPassing(error: PublishError): boolean {
  if (isFull(error)) return false;
  return error.code >= 500 || PASSING.includes(error.err_code) || PASSING_STATUS.includes(error.code);
}

const utf8 = new TextDecoder();

/** @throws Error when the answer is none of a stream */
export function parseReply(body: Uint8Array): PublishReply {
  const reply = JSON.parse(utf8.decode(body)) as {
    seq?: number;
    duplicate?: boolean;
    error?: PublishError;
  };
  if (reply.error) return reply.error;
  if (!reply.seq) throw new Error('the answer to a publish has no sequence');
  return { seq: reply.seq, duplicate: reply.duplicate === true };
}
