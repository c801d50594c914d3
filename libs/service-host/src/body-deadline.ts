import type { IncomingMessage } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { Refused } from '@edgeflow/contracts';
import type { Clock } from '@edgeflow/runtime';
import type { FastifyInstance } from 'fastify';

/** Uploads have limits of their own, in bytes and in time, and are read by whoever takes them. */
function isUpload({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return /^multipart\//i.test(headers['content-type'] ?? '');
}

/** What has no body has nothing to wait for (RFC 9112, 6). */
function isAwaited(request: IncomingMessage): boolean {
  const { headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return hasBody && !isUpload(request);
}

/** What arrives, as a stream that fails when its end is not there in time. @param over when nobody waits for it any more */
function timely(arriving: Readable, within_ms: number, over: (done: () => void) => void, clock: Clock): Readable {
  const body = new PassThrough();
  // A body that nobody reads, of an unknown route or type, has nobody to hear of its errors either.
  body.on('error', () => undefined);
  const inTime = clock.after(within_ms, () => {
    body.destroy(new Refused('request-timeout', `The body did not arrive within ${within_ms / 1000} s`));
  });
  body.once('end', inTime);
  arriving.once('error', (error) => body.destroy(error));
  over(() => {
    inTime();
    // The connection's next request is behind what is left of this one.
    arriving.unpipe(body);
    arriving.resume();
  });
  return arriving.pipe(body);
}

/** Has a server refuse bodies that are not there within so many milliseconds: a client that dribbles shall not hold what it was given. */
export function limitBodyTime(server: FastifyInstance, within_ms: number, clock: Clock): void {
  server.addHook('preParsing', (request, reply, payload, done) => {
    if (!isAwaited(request.raw)) return done(null, payload);
    const over = (ended: () => void): void => void reply.raw.once('close', ended);
    done(null, timely(payload, within_ms, over, clock));
  });
}
