import { Refused } from '@edgeflow/contracts';
import { hostFault } from '@edgeflow/http-edge';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.filter.js';

/** Has a server refuse requests without a Host header, with two, or with one that is no host, and close their connections. */
export function refuseOddHosts(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    const fault = hostFault(request.raw);
    if (fault === undefined) return done();
    void reply.header('connection', 'close');
    sendProblem(new Refused('invalid-request', fault), request, reply);
  });
}
