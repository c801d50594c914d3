import type { IncomingMessage, ServerResponse } from 'node:http';
import { LINGER } from './lingering-close.js';

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
export function answerBehindRequest(request: IncomingMessage, response: ServerResponse): void {
  const end = response.end.bind(response) as End;
  const behind: End = (...last) => {
    response.end = end;
    if (request.complete || request.destroyed) return end(...last);
    const release = (): void => {
      if (!held.delete(release)) return;
      watch.stop();
      end(...last);
    };
    const watch = dropRest(request, release);
    if (held.size >= LINGER.connections) held.values().next().value?.();
    held.add(release);
    return response;
  };
  response.end = behind;
}

/** Reads what is left of a request, within the bounds of {@link LINGER}. @param done when it has ended, or they have */
function dropRest(request: IncomingMessage, done: () => void): { stop(): void } {
  const { ms, pace, bytes } = LINGER;
  let [dropped, before] = [0, 0];
  const count = (chunk: Buffer): void => {
    dropped += chunk.length;
    if (dropped > bytes) done();
  };
  const timer = setTimeout(done, ms).unref();
  const slow = setInterval(() => {
    if (dropped - before < pace.bytes) done();
    before = dropped;
  }, pace.period_ms).unref();
  request.unpipe();
  request.on('data', count).once('end', done).once('close', done).resume();
  return {
    stop: () => {
      clearTimeout(timer);
      clearInterval(slow);
      request.off('data', count).off('end', done).off('close', done);
    },
  };
}
