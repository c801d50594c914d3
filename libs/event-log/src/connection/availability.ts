import { setTimeout as sleep } from 'node:timers/promises';
import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream';
import { errors } from '@nats-io/nats-core';
import { Refused } from '@edgeflow/contracts';
import { warnSparsely } from '@edgeflow/telemetry';

const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);
/**
 * Codes of the API beside 503 that pass: not the leader, a general error of Raft, an id in process; stream offline, consumer offline (also with a reason); no
 * quorum in time.
 */
const API_ERRORS = [10009, 10041, 10118, 10119, 10158, 10194, 10195];
/** Also too slow, or too many at once. */
const API_STATUS = [408, 429, 503];
const CLIENT_ERRORS = [
  errors.TimeoutError,
  errors.RequestError,
  errors.NoRespondersError,
  errors.ConnectionError,
  errors.ClosedConnectionError,
  errors.DrainingConnectionError,
];

/** True when NATS, or its JetStream, is away or busy, so that the same request may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof Refused) return error.code === 'log-unavailable';
  if (error instanceof JetStreamApiError) return API_STATUS.includes(error.status) || API_ERRORS.includes(error.code);
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (error instanceof JetStreamError) return code === 408 || code === 503;
  if (CLIENT_ERRORS.some((kind) => error instanceof kind) || NETWORK.has(String(code))) return true;
  return isUnavailable(error.cause);
}

/** True for a refusal since something is away or full, which comes back: no event is at fault then. */
export function isOutage(error: unknown): boolean {
  return error instanceof Refused && error.status === 503;
}

/** Runs a request to NATS again and again, with a log line, until it is answered. */
export async function untilAnswered<T>(what: string, request: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      warnSparsely(what, { reason: messageOf(error) }, `${what} does not answer; trying again`);
      await sleep(backoff(attempt));
    }
  }
}

/** Waiting time before the next attempt, in whole milliseconds (the server takes no fraction of a nanosecond): doubles from 100 to 10,000, with jitter ("full jitter", half of it fixed). */
export function backoff(attempt: number): number {
  const ceiling = Math.min(10_000, 100 * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling / 2 + Math.random() * (ceiling / 2));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
