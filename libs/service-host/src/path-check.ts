import { Refused } from '@edgeflow/contracts';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.filter.js';

/** Control characters, which no id has and every parser reads differently. */
// eslint-disable-next-line no-control-regex
export const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Whether a path means what it says: no way up, however it is encoded, and nothing invisible. A slash inside a segment (`%2F`) is
 * left to the route, since ids of signing keys may have one.
 */
export function isPlainPath(url: string): boolean {
  const path = url.split('?', 1)[0] ?? '/';
  try {
    const decoded = decodeURIComponent(path);
    return !CONTROL.test(decoded) && !decoded.split(/[/\\]/).some((segment) => segment === '.' || segment === '..');
  } catch {
    return false;
  }
}

/** Has a server refuse paths that try to be others, before anything is looked up by them. */
export function refuseOddPaths(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (isPlainPath(request.url)) done();
    else sendProblem(new Refused('invalid-request', 'The path is not well formed'), request, reply);
  });
}
