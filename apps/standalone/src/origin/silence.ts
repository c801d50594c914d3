import type { ClientRequest, IncomingMessage } from 'node:http';
import { systemClock } from '@edgeflow/runtime';

/** What a service may take for an answer once it is its turn, in milliseconds; services end their own waits before. */
const ANSWER_MS = 30_000;
/** The same for a probe, whose readers do not wait long. */
const PROBE_MS = 5_000;
const LOOK_MS = 1_000;

/**
 * Gives up a service that hangs: it neither answers a request that it has whole, nor reads on in one that waits for it. How long a client
 * takes to send, and how long an answer takes that has begun, is not its fault and has no limit.
 * @param asked the request to the service, which ends with an error
 * @param request as the client sends it
 */
export function endSilence(asked: ClientRequest, request: IncomingMessage): void {
  const patience_ms = /\/(readyz|livez)$/.test(request.url ?? '') ? PROBE_MS : ANSWER_MS;
  let [waited_ms, written] = [0, 0];
  const stopLooking = systemClock.every(LOOK_MS, () => {
    const now = asked.socket?.bytesWritten ?? 0;
    const isItsTurn = (request.complete || asked.writableNeedDrain) && now === written;
    waited_ms = isItsTurn ? waited_ms + LOOK_MS : 0;
    written = now;
    if (waited_ms >= patience_ms) asked.destroy(new Error(`no answer within ${patience_ms / 1000} s`));
  });
  for (const end of ['response', 'upgrade', 'close']) asked.once(end, stopLooking);
}
