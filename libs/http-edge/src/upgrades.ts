import type { IncomingMessage, Server } from 'node:http';
import type { Clock } from '@edgeflow/runtime';
import { problem } from './problem.js';
import { answerRaw } from './raw-answer.js';

/**
 * For Node's `shouldUpgradeCallback`: WebSocket is the only protocol that anything of ours changes to, where somebody listens for it.
 * Every other token, like the `h2c` that curl and Java offer, is ignored, and the request is served as it is (RFC 9110, section 7.8).
 * So is every method but GET, by which alone a WebSocket is opened (RFC 6455, section 4.1).
 */
export function takesUpgrade(this: Server, { headers, method }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && this.listenerCount('upgrade') > 0;
}

/** Has a server refuse to be a tunnel to elsewhere. */
export function refuseConnect(server: Server, clock: Clock): void {
  server.on('connect', (request, socket) => {
    const refusal = problem('invalid-request', 'There is no proxy here: CONNECT is not served', request.url ?? '/');
    answerRaw(socket, refusal, clock);
  });
}
