import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { freePort, type ServerCertificate } from '@edgeflow/embedded';
import type { Service } from '../services.js';
import { Forwarder, refuseUpgrade, send } from './forwarder.js';
import { json, problem } from './problem.js';
import { index, route } from './routes.js';

/** The one address in front of all services: https for everyone, plain http for tools that cannot take a CA. */
export interface Origin {
  https_url: string;
  http_url: string;
  /** From now on the bucket's paths are passed on to this S3 endpoint. */
  serveBucket(bucket: string, endpoint: string): void;
  /** New connections get this certificate. */
  renew(certificate: ServerCertificate): void;
  stop(): Promise<void>;
}

export interface OriginOptions {
  https_port: number;
  http_port: number;
  certificate: ServerCertificate;
  services: readonly Service[];
}

const HOST = '127.0.0.1';
/** An upload of 2 GiB over a slow line takes its time; only the headers must come soon (milliseconds). */
const LIMITS = { requestTimeout: 0, headersTimeout: 60_000 };

/** Opens both ports. @throws Error of one line when one of them is taken */
export async function startOrigin(options: OriginOptions): Promise<Origin> {
  const { services, certificate } = options;
  const forwarder = new Forwarder();
  let bucket: { name: string; endpoint: string } | undefined;
  const secure = createHttpsServer({ ...LIMITS, cert: certificate.cert, key: certificate.key });
  const plain = createHttpServer(LIMITS);
  attach(secure, forwarder, services, () => bucket);
  // Downloads are https always, so the plain port knows no bucket.
  attach(plain, forwarder, services, () => undefined);
  const stop = async (): Promise<void> => {
    await Promise.all([close(secure), close(plain)]);
  };
  try {
    const https_port = await listen(secure, options.https_port, 'EDGEFLOW_PORT');
    const http_port = await listen(plain, options.http_port, 'EDGEFLOW_HTTP_PORT');
    return {
      https_url: `https://localhost:${https_port}`,
      http_url: `http://${HOST}:${http_port}`,
      serveBucket: (name, endpoint) => (bucket = { name, endpoint }),
      renew: ({ cert, key }) => secure.setSecureContext({ cert, key }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type BucketOf = () => { name: string; endpoint: string } | undefined;

function attach(server: Server, forwarder: Forwarder, services: readonly Service[], bucketOf: BucketOf): void {
  server.on('request', (request, response) => {
    const { url = '/' } = request;
    const bucket = bucketOf();
    const target = route(url, services, bucket?.name);
    if (target.kind === 'service') forwarder.toService(request, response, target.service.url);
    else if (target.kind === 'bucket' && bucket) forwarder.toBucket(request, response, bucket.endpoint);
    else if (target.kind === 'index') send(response, json(200, index(services)));
    else send(response, nobody(url));
  });
  server.on('upgrade', (request, socket, head) => {
    const { url = '/' } = request;
    const target = route(url, services, undefined);
    // A client that vanishes in mid-upgrade is no error of ours.
    socket.on('error', () => socket.destroy());
    if (target.kind === 'service') forwarder.upgrade(request, socket, head, target.service.url);
    else refuseUpgrade(socket, nobody(url));
  });
}

function nobody(url: string): ReturnType<typeof problem> {
  return problem('not-found', 'Nothing is served under this path; GET / says what is', url.split('?', 1)[0] ?? '/');
}

/** Listens on the loopback interface; 0 takes any free port. @throws Error of one line when the port is taken */
async function listen(server: Server, wanted: number, variable: string): Promise<number> {
  const port = wanted === 0 ? await freePort() : wanted;
  try {
    server.listen(port, HOST);
    await once(server, 'listening');
    return port;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new Error(`port ${port} is taken: set ${variable} to another one`, { cause });
    if (code === 'EACCES')
      throw new Error(`port ${port} is not for this user: set ${variable} to another one`, { cause });
    throw cause;
  }
}

/** The services behind are gone by now: what is still open has nobody to talk to. */
async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
