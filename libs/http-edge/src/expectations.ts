import type { Server } from 'node:http';
import { problem } from './problem.js';

/**
 * Has a server refuse expectations other than `100-continue` with a problem document (RFC 9110, section 10.1.1): Node's own answer has
 * no words. To be called before `letAnswersArrive`.
 */
export function refuseExpectations(server: Server): void {
  server.on('checkExpectation', (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '/';
    const { status, headers, body } = problem('invalid-request', 'Nothing but 100-continue can be expected', path, 417);
    response.writeHead(status, headers).end(body);
  });
}
