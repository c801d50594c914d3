import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Service } from '../services.js';
import {
  ALPN_PROTOCOLS,
  answerBrokenRequests,
  answerRaw,
  hostFault,
  json,
  letAnswersArrive,
  problem,
  refuseConnect,
  refuseExpectations,
  takesUpgrade,
  type Answer,
} from '@edgeflow/http-edge';
import { systemClock } from '@edgeflow/runtime';
import { Forwarder, send } from './forwarder.js';
import { HOST } from './ports.js';
import { asksForMetrics, index, isDownload, route } from './routes.js';

/** All that the origin serves by; plain data, sent to its processes, and again when some of it has changed. */
export interface OriginState {
  https_port: number;
  http_port: number;
  services: readonly Service[];
  /** PEM. */
  certificate: { cert: string; key: string };
  /** The bucket whose paths are passed on to an S3 endpoint. */
  bucket?: { name: string; endpoint: string };
}

/** The servers of the origin in this process. */
export interface OriginServers {
  /** From now on this holds, for new connections and requests; the ports stay. */
  change(state: OriginState): void;
  stop(): Promise<void>;
}

/**
 * An upload of 2 GiB over a slow line takes its time; only the headers must come soon (milliseconds), and a client that does not send
 * them costs a socket no longer than that.
 */
const LIMITS = {
  requestTimeout: 0,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16 * 1024,
  keepAliveTimeout: 15_000,
  requireHostHeader: false,
  shouldUpgradeCallback: takesUpgrade,
};
/** The same for TLS handshakes, which wait for their turn when a whole fleet comes back, in milliseconds. */
const HANDSHAKE_MS = 30_000;
/** Connections that each of the origin's processes holds; two of them let 10,000 tunnels in, and what else clients need. */
const MAX_CONNECTIONS = 20_000;

/** Opens both ports, which other processes may have open likewise. @throws the error of listen(2) */
export async function serveOrigin(state: OriginState): Promise<OriginServers> {
  const forwarder = new Forwarder();
  let current = state;
  const secure = createHttpsServer({
    ...LIMITS,
    handshakeTimeout: HANDSHAKE_MS,
    ALPNProtocols: ALPN_PROTOCOLS,
    ...pairOf(state),
  });
  const plain = createHttpServer(LIMITS);
  for (const server of [secure, plain]) server.maxConnections = MAX_CONNECTIONS;
  attach(secure, forwarder, () => current);
  // Downloads are https always, so the plain port knows no bucket.
  attach(plain, forwarder, () => ({ services: current.services }));
  await listen(secure, state.https_port);
  await listen(plain, state.http_port);
  return {
    change: (next) => {
      current = next;
      secure.setSecureContext(pairOf(next));
    },
    stop: async () => void (await Promise.all([close(secure), close(plain)])),
  };
}

function pairOf({ certificate: { cert, key } }: OriginState): { cert: string; key: string } {
  return { cert, key };
}

type Served = Pick<OriginState, 'services' | 'bucket'>;

function attach(server: Server, forwarder: Forwarder, current: () => Served): void {
  server.on('request', (request, response) => {
    const { url = '/' } = request;
    const { services, bucket } = current();
    const fault = hostFault(request);
    const target = route(url, services, bucket?.name);
    if (fault !== undefined) send(response, doubtful(fault, url));
    else if (asksForMetrics(url)) send(response, nobody(url));
    else if (target.kind === 'service') forwarder.toService(request, response, target.service.url);
    else if (target.kind === 'bucket' && !isDownload(request)) send(response, readOnly(url));
    else if (target.kind === 'bucket' && bucket) forwarder.toBucket(request, response, bucket.endpoint);
    else if (target.kind === 'index') send(response, json(200, index(services)));
    else send(response, nobody(url));
  });
  server.on('upgrade', (request, socket: Socket, head) => {
    const { url = '/' } = request;
    const fault = hostFault(request);
    const target = route(url, current().services, undefined);
    // A client that vanishes in mid-upgrade is no error of ours.
    socket.on('error', () => socket.destroy());
    if (fault !== undefined) answerRaw(socket, doubtful(fault, url), systemClock);
    else if (target.kind === 'service') forwarder.upgrade(request, socket, head, target.service.url);
    else answerRaw(socket, nobody(url), systemClock);
  });
  refuseExpectations(server);
  letAnswersArrive(server, systemClock);
  answerBrokenRequests(server, systemClock);
  refuseConnect(server, systemClock);
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '/';
}

/** Where it is doubtful who is asked, nothing more is read of the connection. */
function doubtful(fault: string, url: string): Answer {
  const answer = problem('invalid-request', fault, pathOf(url));
  return { ...answer, headers: { ...answer.headers, connection: 'close' } };
}

function nobody(url: string): Answer {
  return problem('not-found', 'Nothing is served under this path; GET / says what is', pathOf(url));
}

function readOnly(url: string): Answer {
  const answer = problem('method-not-allowed', 'Images are only read here: GET and HEAD', pathOf(url));
  return { ...answer, headers: { ...answer.headers, allow: 'GET, HEAD' } };
}

/** Listens beside the others (SO_REUSEPORT, socket(7)): the kernel deals new connections out evenly. */
async function listen(server: Server, port: number): Promise<void> {
  server.listen({ port, host: HOST, reusePort: true });
  await once(server, 'listening');
}

/** The services behind are gone by now: what is still open has nobody to talk to. */
async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
