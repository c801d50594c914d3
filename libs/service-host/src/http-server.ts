import type { IncomingMessage } from 'node:http';
import {
  ALPN_PROTOCOLS,
  answerBrokenRequest,
  letAnswersArrive,
  refuseConnect,
  refuseExpectations,
  takesUpgrade,
} from '@edgeflow/http-edge';
import type { Entropy, Machine } from '@edgeflow/runtime';
import { describeRequestSpan, isOperational, withCorrelationId } from '@edgeflow/telemetry';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { audit } from './audit-hook.js';
import { AuditTrail } from './audit-trail.js';
import { AuthFailures, limitAuthFailures } from './auth-failures.js';
import { limitBodyTime } from './body-deadline.js';
import type { ServiceConfig } from './config.js';
import type { ServiceLog } from './host.module.js';
import { readJsonBodies } from './json-body.js';
import { refuseOddRequests } from './odd-requests.js';
import { problemSender } from './problem.filter.js';
import { recordRequest } from './request-record.js';
import { readTls } from './tls.js';

/** Bytes of the largest JSON body. Uploads are streams and have limits of their own. */
const BODY_LIMIT = 1024 * 1024;
/** How long a JSON body may take, in milliseconds. */
const BODY_MS = 15_000;
/** How long headers may take, and how often it is looked whether they do, in milliseconds: a slow client costs a socket (slow loris). */
const HEADERS_MS = 10_000;
const CHECK_MS = 2_000;
/** How long a connection waits for its next request, in milliseconds: longer than proxies in front wait. */
const KEEP_ALIVE_MS = 72_000;
/** Bytes of all headers of a request together. */
const HEADER_BYTES = 16 * 1024;
const LIMITS = { headersTimeout: HEADERS_MS, connectionsCheckingInterval: CHECK_MS, maxHeaderSize: HEADER_BYTES };
/** Node's own check of the Host header answers without a body; ours is in odd-requests.ts. */
const HTTP = { ...LIMITS, requireHostHeader: false, shouldUpgradeCallback: takesUpgrade };
/** What a caller may choose as request id: it goes into logs and into `ce-correlationid`. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,64}$/;

function requestIdsBy({ uuid }: Entropy): (request: { headers: IncomingMessage['headers'] }) => string {
  return ({ headers }) => {
    const given = headers['x-request-id'];
    return typeof given === 'string' && REQUEST_ID.test(given) ? given : uuid();
  };
}

/** `/registry/readyz` is `/readyz`: at the common origin each service answers under its prefix only. */
function withoutPrefix(prefix: string): (request: { url?: string | undefined }) => string {
  const start = `/${prefix}/`;
  return ({ url = '/' }) => {
    if (!url.startsWith(start)) return url;
    return isOperational(url) || url === `${start}openapi.json` ? url.slice(start.length - 1) : url;
  };
}

/** Everything that runs for a request, its body's parser included, knows the request's id. */
function correlate(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    withCorrelationId(request.id, done);
  });
  // The body arrives in events of the socket, outside the context that the first hook opened.
  server.addHook('preValidation', (request, _reply, done) => withCorrelationId(request.id, done));
}

/** Names the request's span after its route, then, when it is answered, measures and logs it. */
function observe(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    describeRequestSpan(request.method, request.routeOptions.url);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    withCorrelationId(request.id, () => recordRequest(request, reply));
    done();
  });
}

/** What an HTTP server of a service needs to know of it. */
export interface Served {
  name: string;
  prefix: string;
  config: ServiceConfig;
  log: ServiceLog;
  machine: Machine;
  /** The authority of clients' certificates, PEM: they are asked for one. */
  client_ca_file?: string;
}

/**
 * The HTTP server of a service: request ids, request metrics, the audit trail, limits in time and in failures, probes under the
 * service's prefix too.
 */
export function httpServer({ name, prefix, config, log, machine, client_ca_file }: Served): FastifyAdapter {
  const { clock, entropy } = machine;
  const send = problemSender({ clock });
  const tls = readTls(config, client_ca_file);
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    genReqId: requestIdsBy(entropy),
    rewriteUrl: withoutPrefix(prefix),
    trustProxy: config.TRUSTED_PROXIES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Not Fastify's own, which would be silence of either side: bodies have their deadline, uploads theirs, answers take their time.
    requestTimeout: 0,
    ...(tls ? { https: { ...HTTP, ...tls, ALPNProtocols: ALPN_PROTOCOLS } } : { http: HTTP }),
    // A malformed URL is refused before there is a route, and so before Nest's filters.
    frameworkErrors: send,
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, clock),
  });
  const server = adapter.getInstance() as unknown as FastifyInstance;
  refuseExpectations(server.server);
  letAnswersArrive(server.server, clock);
  refuseConnect(server.server, clock);
  correlate(server);
  observe(server);
  refuseOddRequests(server, send);
  const { AUTH_FAILURES_PER_MINUTE: bearer, AUTH_CLAIM_FAILURES_PER_MINUTE: claim } = config;
  limitAuthFailures(server, new AuthFailures({ bearer, claim }, clock), send);
  limitBodyTime(server, BODY_MS, clock);
  readJsonBodies(server, BODY_LIMIT);
  audit(server, new AuditTrail(log, name, machine), clock);
  return adapter;
}
