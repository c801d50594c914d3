import type { IncomingMessage } from 'node:http';
import { FORM_BYTES } from './upload-form.js';
import { tooLarge } from './measured.js';

/** How long a publisher may be silent in the middle of an upload, in milliseconds. */
const SILENCE_MS = 120_000;

/** The least that a body must bring, in bytes, in each period of so many milliseconds. */
export interface Pace {
  bytes: number;
  period_ms: number;
}

/** 1 KiB/s: less is no slow line but somebody who wants to keep us busy, a byte before each silence ends. */
const PACE: Pace = { bytes: 60 * 1024, period_ms: 60_000 };

/** Refuses a body that is announced too large at once, and ends a connection that falls silent, or nearly, before the body's end. */
export function guardBody(raw: IncomingMessage, max_bytes: number, pace: Pace = PACE): void {
  raw.setTimeout(SILENCE_MS);
  raw.once('end', () => raw.setTimeout(0));
  watchPace(raw, pace);
  if (Number(raw.headers['content-length'] ?? 0) > max_bytes + FORM_BYTES) throw tooLarge(max_bytes);
}

function watchPace(raw: IncomingMessage, { bytes, period_ms }: Pace): void {
  let before = raw.socket.bytesRead;
  const watch = setInterval(() => {
    const now = raw.socket.bytesRead;
    // While bytes wait to be read, the pace is ours: the object store is slow.
    if (now - before < bytes && raw.readableLength === 0) raw.destroy(new Error('the upload is too slow'));
    before = now;
  }, period_ms);
  const end = (): void => clearInterval(watch);
  raw.once('end', end).once('close', end);
}

/**
 * Reads on and drops what is left of a refused request: a client that sends before it listens would see a reset instead of the
 * answer. One that sends more than twice what is legal is cut off.
 * @returns when the answer may be sent: at once, for clients that listen; at the end of the body, when the connection closes with
 *   the answer
 */
export async function dropRest(raw: IncomingMessage, max_bytes: number): Promise<void> {
  if (raw.readableEnded || raw.destroyed) return;
  let left = 2 * (max_bytes + FORM_BYTES);
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
