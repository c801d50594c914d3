import { PassThrough } from 'node:stream';
import { Refused } from '@edgeflow/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Uploads have limits of their own, and are read by whoever takes them. */
function isUpload({ headers }: FastifyRequest): boolean {
  return /^multipart\//i.test(headers['content-type'] ?? '');
}

/** Has a server refuse bodies that are not there within so many milliseconds: a client that dribbles shall not hold what it was given. */
export function limitBodyTime(server: FastifyInstance, within_ms: number): void {
  server.addHook('preParsing', (request, _reply, payload, done) => {
    if (isUpload(request)) return done(null, payload);
    const body = new PassThrough();
    const timer = setTimeout(() => {
      payload.unpipe(body);
      body.destroy(new Refused('request-timeout', `The body did not arrive within ${within_ms / 1000} s`));
    }, within_ms);
    const end = (): void => clearTimeout(timer);
    body.once('close', end).once('end', end);
    payload.once('error', (error) => body.destroy(error));
    done(null, payload.pipe(body));
  });
}
