import { Refused } from '@edgeflow/contracts';
import type { FastifyInstance } from 'fastify';

/** Far more than any body of ours; what is deeper would exhaust the stack of whoever walks it. */
const DEPTH_MAX = 32;

/** True when a JSON value holds values in values deeper than that; it walks without recursion. */
export function isTooDeep(value: unknown, max = DEPTH_MAX): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > max) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}

/** Has a server refuse bodies that are nested too deep. */
export function refuseDeepBodies(server: FastifyInstance): void {
  server.addHook('preValidation', (request, _reply, done) => {
    const isParsed = /json/i.test(request.headers['content-type'] ?? '');
    if (!isParsed || !isTooDeep(request.body)) return done();
    done(new Refused('invalid-request', `The body is nested deeper than ${DEPTH_MAX} levels`));
  });
}
