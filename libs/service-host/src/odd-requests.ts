import { Refused } from '@edgeflow/contracts';
import { hostFault } from '@edgeflow/http-edge';
import type { FastifyInstance } from 'fastify';
import type { SendProblem } from './problem.filter.js';

/** Control characters, which no id and no parameter has, every parser reads differently, and the database has no place for. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Has a server refuse, before anything is looked up by them, requests without a Host header, with two, or with one that is no host, whose
 * connections end; paths that try to be others; and queries with something invisible in them.
 */
export function refuseOddRequests(server: FastifyInstance, send: SendProblem): void {
  server.addHook('onRequest', (request, reply, done) => {
    const fault = hostFault(request.raw);
    if (fault !== undefined) void reply.header('connection', 'close');
    const host = fault === undefined ? undefined : new Refused('invalid-request', fault);
    const refusal = host ?? pathRefusal(request.url) ?? queryRefusal(request.query as object);
    if (refusal) send(refusal, request, reply);
    else done();
  });
}

/**
 * A path means what it says: no way up, however it is encoded, and nothing invisible. A slash inside a segment (`%2F`) is left to the
 * route, since ids of signing keys may have one.
 */
function pathRefusal(url: string): Refused | undefined {
  try {
    const path = decodeURIComponent(url.split('?', 1)[0] ?? '/');
    const isPlain = !CONTROL.test(path) && !path.split(/[/\\]/).some((segment) => segment === '.' || segment === '..');
    if (isPlain) return undefined;
  } catch {
    // Not well formed either.
  }
  return new Refused('invalid-request', 'The path is not well formed');
}

function queryRefusal(query: object): Refused | undefined {
  const isOdd = ([name, value]: [string, string | string[]]): boolean =>
    CONTROL.test(name) || [value].flat().some((one) => CONTROL.test(one));
  const [field] = Object.entries(query).find(isOdd) ?? [];
  if (field === undefined) return undefined;
  const problem = `${JSON.stringify(field)} must not have control characters in it`;
  return new Refused('invalid-request', problem, { violations: [{ field, problem }] });
}
