import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { isUpload } from './body-deadline.js';

/**
 * Reads on and drops what is left of a refused request: a client that sends before it listens would see a reset instead of the
 * answer.
 * @param bytes who sends more than so many is cut off
 * @returns when the answer may be sent: at once, for clients that listen; at the end of the body, when the connection closes with
 *   the answer
 */
export async function dropRest(raw: IncomingMessage, bytes: number): Promise<void> {
  if (raw.readableEnded || raw.destroyed) return;
  let left = bytes;
  raw.unpipe();
  raw.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) raw.destroy();
  });
  raw.resume();
  if (closesAfterAnswer(raw)) await new Promise((resolve) => raw.once('close', resolve));
}

/** RFC 9112, section 9.3. */
function closesAfterAnswer({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion === '1.0' || /\bclose\b/i.test(headers.connection ?? '');
}

/** Has a server answer who sends too large a body, and read on for so many bytes at the most. Uploads do so themselves, with their own limit. */
export function answerLargeBodies(server: FastifyInstance, bytes: number): void {
  server.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode === 413 && !isUpload(request.raw)) await dropRest(request.raw, bytes);
    return payload;
  });
}
