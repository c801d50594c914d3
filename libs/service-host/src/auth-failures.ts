import { isIPv6 } from 'node:net';
import { Refused } from '@edgeflow/contracts';
import type { Clock } from '@edgeflow/runtime';
import { counter } from '@edgeflow/telemetry';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { WindowCounters } from './window-counters.js';
import type { SendProblem } from './problem.filter.js';

/** Failed tries to authenticate that one client address has in a minute. */
export interface FailureLimits {
  bearer: number;
  claim: number;
}

type Scheme = keyof FailureLimits;

const failures = counter({
  name: 'edgeflow_auth_failures_total',
  help: 'Requests whose credentials were refused, by kind of credential.',
  labelNames: ['scheme'],
});

/** What an attacker has one of: an IPv4 address, or the /64 that an IPv6 host gets its addresses from (RFC 6177). */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  const mapped = /^::ffff:(\d.*\..*)$/i.exec(ip)?.[1];
  if (mapped) return mapped;
  const [first = [], last = []] = ip.split('::').map((half) => half.split(':').filter(Boolean));
  const zeros = Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}

/** Keeps clients from trying one credential after the other. */
export class AuthFailures {
  private readonly counters: WindowCounters;

  constructor(
    private readonly limits: FailureLimits,
    clock: Clock,
  ) {
    this.counters = new WindowCounters(clock);
  }

  /** @throws Refused 'too-many-requests' when this address has failed too often, before anything looks at the credential */
  admit(ip: string, scheme: Scheme): void {
    const { count, resets_in_ms } = this.counters.of(`${scheme}/${networkOf(ip)}`);
    if (count < this.limits[scheme]) return;
    const detail = 'Too many requests with bad credentials came from this address in a minute';
    throw new Refused('too-many-requests', detail, { retry_after_s: Math.ceil(resets_in_ms / 1000) });
  }

  /** Counts a credential that was refused. */
  note(ip: string, scheme: Scheme): void {
    failures.inc({ scheme });
    this.counters.add(`${scheme}/${networkOf(ip)}`);
  }
}

function schemeOf({ headers }: FastifyRequest): Scheme | undefined {
  if (headers.authorization === undefined) return undefined;
  return /^claim\b/i.test(headers.authorization) ? 'claim' : 'bearer';
}

/** Has a server refuse addresses that failed too often. A claim token may be found bad by the route itself, so answers are what counts. */
export function limitAuthFailures(server: FastifyInstance, failed: AuthFailures, send: SendProblem): void {
  server.addHook('onRequest', (request, reply, done) => {
    const scheme = schemeOf(request);
    try {
      if (scheme) failed.admit(request.ip, scheme);
      done();
    } catch (error) {
      send(error, request, reply);
    }
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    const scheme = schemeOf(request);
    if (scheme && reply.statusCode === 401) failed.note(request.ip, scheme);
    done(null, payload);
  });
}
