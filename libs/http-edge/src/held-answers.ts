import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@edgeflow/runtime';
import { LINGER, dropRest } from './lingering-close.js';

type End = (...last: unknown[]) => ServerResponse;

/** What lets answers go that are held, the oldest first. */
const held = new Set<() => void>();

/**
 * Whether a request came by a proxy that adds `Via` (RFC 9110, section 7.6.3), as Caddy does. Go's HTTP server, which Caddy is made of,
 * lets go of a client at once when its answer is out: whoever still sends then gets a reset in place of the answer.
 */
export function isProxied({ headers }: IncomingMessage): boolean {
  return headers.via !== undefined;
}

/**
 * Keeps the end of an answer, and so an answer that is written at once, until all of its request has come, or {@link LINGER} is over; what
 * still comes is dropped. When too many are kept, the oldest goes.
 */
export function answerBehindRequest(request: IncomingMessage, response: ServerResponse, clock: Clock): void {
  const end = response.end.bind(response) as End;
  const behind: End = (...last) => {
    response.end = end;
    if (request.complete || request.destroyed) return end(...last);
    const release = (): void => {
      if (!held.delete(release)) return;
      stop();
      end(...last);
    };
    request.unpipe();
    const stop = dropRest(request, release, clock);
    request.once('end', release).once('close', release).resume();
    if (held.size >= LINGER.connections) held.values().next().value?.();
    held.add(release);
    return response;
  };
  response.end = behind;
}
