import type { IncomingMessage } from 'node:http';
import type { Clock } from '@edgeflow/runtime';
import { FORM_BYTES } from './upload-form.js';
import { tooLarge } from './measured-image.js';

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
export function guardBody(raw: IncomingMessage, max_bytes: number, clock: Clock, pace: Pace = PACE): void {
  raw.setTimeout(SILENCE_MS);
  raw.once('end', () => raw.setTimeout(0));
  watchPace(raw, clock, pace);
  if (Number(raw.headers['content-length'] ?? 0) > max_bytes + FORM_BYTES) throw tooLarge(max_bytes);
}

function watchPace(raw: IncomingMessage, clock: Clock, { bytes, period_ms }: Pace): void {
  let before = raw.socket.bytesRead;
  const end = clock.every(period_ms, () => {
    const now = raw.socket.bytesRead;
    // While bytes wait to be read, the pace is ours: the object store is slow.
    if (now - before < bytes && raw.readableLength === 0) raw.destroy(new Error('the upload is too slow'));
    before = now;
  });
  raw.once('end', end).once('close', end);
}
