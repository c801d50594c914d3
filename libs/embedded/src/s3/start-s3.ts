import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { answerBrokenRequests, letAnswersArrive, takesUpgrade } from '@edgeflow/http-edge';
import { takeLock } from '@edgeflow/configuration/lock-file';
import { systemClock } from '@edgeflow/runtime';
import { Endpoint, type OnFailure } from './endpoint.js';
import { Storage } from './storage/storage.js';

/** A connection on which nothing moves for so long is cut, in milliseconds; joining the parts of a large upload is silent too. */
const IDLE_MS = 300_000;
/** Longer than clients keep theirs, so that none sends into a connection that we just closed; in milliseconds. */
const KEEP_ALIVE_MS = 75_000;
/** What running requests get to end when the server stops, in milliseconds. */
const STOP_MS = 5_000;
const SWEEP_MS = 50;
/** A fleet that starts a download together; Node's default of 511 lets the system drop connections. The kernel caps it at somaxconn. */
const BACKLOG = 4096;

export interface S3Options {
  /** Buckets and objects; made when it is not there. One process at a time. */
  dir: string;
  /** Default: any free one. */
  port?: number;
  /** Default: 127.0.0.1. */
  host?: string;
  access_key_id: string;
  secret_access_key: string;
  /** Default: us-east-1. */
  region?: string;
  /** Told of failures that are not the client's; default: a line on standard error. */
  onFailure?: OnFailure;
}

export interface RunningS3 {
  url: string;
  port: number;
  /** Lets running requests end for five seconds, then cuts them. */
  stop(): Promise<void>;
}

/**
 * An endpoint that speaks the S3 protocol and keeps its objects on the local disk, for one machine (ADR "Embedded S3 endpoint").
 * Every request must be signed. Objects appear whole or not at all and survive a power cut.
 * @throws Locked when another process serves the same folder, Error EADDRINUSE
 */
export async function startS3(options: S3Options): Promise<RunningS3> {
  const { port = 0, host = '127.0.0.1', access_key_id, secret_access_key, region = 'us-east-1' } = options;
  const dir = resolve(options.dir);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const release = takeLock(join(dir, 'lock'));
  try {
    const storage = await Storage.open(join(dir, 'buckets'));
    const endpoint = new Endpoint({ access_key_id, secret_access_key, region }, storage, options.onFailure ?? complain);
    const server = serverOf(endpoint);
    server.listen({ port, host, backlog: BACKLOG });
    await once(server, 'listening');
    const { port: taken } = server.address() as AddressInfo;
    return { url: `http://${host}:${taken}`, port: taken, stop: () => stop(server).finally(release) };
  } catch (error) {
    release();
    throw error;
  }
}

function serverOf(endpoint: Endpoint): Server {
  // requestTimeout 0: an upload may take as long as it moves; the idle timeout below ends those that do not.
  const server = createServer({
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
    shouldUpgradeCallback: takesUpgrade,
  });
  server.setTimeout(IDLE_MS);
  server.on('request', (request, response) => void endpoint.handle(request, response));
  server.on('checkContinue', (request, response) => void endpoint.handle(request, response, true));
  letAnswersArrive(server, systemClock);
  answerBrokenRequests(server, systemClock);
  return server;
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // close() ends the connections that are idle now; those that become idle later have to be ended too.
  const stopSweeping = systemClock.every(SWEEP_MS, () => server.closeIdleConnections());
  const inTime = systemClock.after(STOP_MS, () => server.closeAllConnections());
  await closed;
  stopSweeping();
  inTime();
}

function complain(error: unknown, request: string): void {
  console.error(`embedded S3 endpoint: ${request} failed:`, error);
}
