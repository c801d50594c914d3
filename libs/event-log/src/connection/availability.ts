import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream';
import { errors } from '@nats-io/nats-core';
import { Refused } from '@edgeflow/contracts';
import { isNetworkCode } from '@edgeflow/telemetry';

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
  if (CLIENT_ERRORS.some((kind) => error instanceof kind) || isNetworkCode(code)) return true;
  return isUnavailable(error.cause);
}

/** True for a refusal since something is away or full, which comes back: no event is at fault then. */
export function isOutage(error: unknown): boolean {
  return error instanceof Refused && error.status === 503;
}
