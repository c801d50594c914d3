import { ApiError, EdgeFlowClient, type ClientOptions } from '@edgeflow/client';
import { Refused, isErrorCode, messageOf, type ErrorCode } from '@edgeflow/contracts';
import type { Clock, Entropy } from '@edgeflow/runtime';
import { FIRST_WINDOW, backoffMs, type Window } from '../backoff.js';
import type { AgentLog } from '../log.js';
import type { Network } from './network.js';
import { parseOrigin } from './origin.js';

export interface AskOptions {
  /** Where the cloud is. */
  origin: string;
  connections: Network;
  signal: AbortSignal;
  log: AgentLog;
  clock: Clock;
  /** For jitter, and for what the request signs. */
  entropy: Entropy;
  /** Between tries; default 1 to 60 s. */
  window?: Window;
}

/**
 * Asks the cloud, and waits out one that is away or busy.
 * @param as the credential, and what stands before it
 * @param what is asked, in the log's words
 * @throws ApiError when the cloud refuses; the signal's reason when it aborts
 */
export async function askCloud<T>(
  what: string,
  as: Pick<ClientOptions, 'token' | 'scheme'>,
  options: AskOptions,
  ask: (client: EdgeFlowClient) => Promise<T>,
): Promise<T> {
  const { origin, connections, signal, log, clock, entropy, window = FIRST_WINDOW } = options;
  const { http } = parseOrigin(origin);
  const platform = { clock, entropy };
  const client = new EdgeFlowClient({ ...as, platform, origin: http, fetch: connections.fetch, retry: { tries: 1 } });
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await ask(client);
    } catch (error) {
      if (error instanceof ApiError && !isPassing(error)) throw error;
      const reason = error instanceof ApiError ? `HTTP ${error.status}` : messageOf(error);
      const wait_ms = backoffMs(attempt, window, () => entropy.random('ask-again'));
      log.warn({ reason, wait_ms }, `${what} has to wait`);
      await clock.sleep(wait_ms, { signal });
    }
  }
}

/** True for an answer of a cloud that is away or busy. */
function isPassing({ status }: ApiError): boolean {
  return status >= 500 || status === 429 || status === 408;
}

/** What the cloud refused with; a code that this build does not know is told by the status. */
export function refusalOf(
  { status, code, problem: { detail } }: ApiError,
  byStatus: Readonly<Record<number, ErrorCode>>,
): Refused {
  const known = isErrorCode(code) ? code : byStatus[status];
  return new Refused(known ?? 'invalid-request', typeof detail === 'string' ? detail : undefined, { status });
}
