import { Refused } from '@edgeflow/contracts';
import type { FastifyInstance } from 'fastify';

/** No body of ours has more than a handful of levels; what checks bodies walks them by recursion. */
const LEVELS_MAX = 32;

/** Whether a parsed body has more levels than `max`; it walks level by level, so that no depth costs it its stack. */
export function isDeeperThan(max: number, body: unknown): boolean {
  let level: object[] = [body].filter(isObject);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= max) return true;
    level = level.flatMap((holder) => Object.values(holder).filter(isObject));
  }
  return false;
}

/** Has a server refuse bodies that are nested to exhaust whoever looks at them, before anything does. */
export function limitBodyDepth(server: FastifyInstance): void {
  server.addHook('preValidation', (request, _reply, done) => {
    if (!isDeeperThan(LEVELS_MAX, request.body)) return done();
    done(new Refused('invalid-request', `The body has more than ${LEVELS_MAX} levels`));
  });
}

function isObject(value: unknown): value is object {
  // A multipart form or a buffer is no JSON, and has limits of its own.
  return typeof value === 'object' && value !== null && (Array.isArray(value) || isPlain(value));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
