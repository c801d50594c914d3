import { freePort } from '@edgeflow/embedded';
import { AUDIENCE, ISSUER } from '@edgeflow/identity';
import { pathToFileURL } from 'node:url';
import type { Console } from './console/console.js';
import type { Home } from './home/home.js';
import type { Infrastructure } from './infrastructure.js';
import { startNodeProcess } from './processes/node-process.js';
import { serviceReady } from './readiness.js';
import type { Supervision } from './supervision.js';
import { appFolder, appProgram } from './workspace.js';

/** A service behind the origin. */
export interface Service {
  /** The app's folder, and its name everywhere. */
  name: string;
  /** The first part of its paths at the origin. */
  prefix: string;
  /** Where it listens. */
  url: string;
}

const SERVICES = [
  { name: 'firmware-registry', prefix: 'registry' },
  { name: 'rollout-orchestrator', prefix: 'orchestrator' },
  { name: 'device-gateway', prefix: 'gateway' },
  { name: 'projection', prefix: 'query' },
] as const;

const READY_MS = 90_000;
/** Loaded before the service, so that traces see every module it imports. */
const TELEMETRY = '@edgeflow/telemetry/otel';

/** The four services with the ports they will have, which stay theirs over restarts. */
export async function placeServices(): Promise<Service[]> {
  const services: Service[] = [];
  for (const service of SERVICES) services.push({ ...service, url: `http://127.0.0.1:${await freePort()}` });
  return services;
}

/**
 * Starts the services, keeps them running, and waits until all are ready.
 * @param signal ends the wait
 * @throws Error when one is not ready in time or can never be
 */
export async function startServices(
  services: readonly Service[],
  env: NodeJS.ProcessEnv,
  supervision: Supervision,
  console: Console,
  signal: AbortSignal,
): Promise<void> {
  for (const service of services) await startService(service, env, supervision);
  const hopeless = new AbortController();
  void supervision.gaveUp.then((error) => hopeless.abort(error));
  const either = AbortSignal.any([signal, hopeless.signal]);
  const waits = services.map(async ({ name, url }) => {
    await serviceReady(name, url, READY_MS, either);
    console.ready(name, url);
  });
  try {
    await Promise.all(waits);
  } catch (error) {
    // An aborted wait says only that it was aborted; the signal knows why.
    either.throwIfAborted();
    throw error;
  }
}

async function startService(service: Service, env: NodeJS.ProcessEnv, supervision: Supervision): Promise<void> {
  const { name, url } = service;
  const { hostname, port } = new URL(url);
  const program = {
    entry: appProgram(name),
    imports: [TELEMETRY],
    cwd: appFolder(name),
    env: { ...env, HOST: hostname, PORT: port },
  };
  const log = supervision.logOf(name);
  await supervision.keep({ name, url }, () => startNodeProcess(program, log));
}

/** The environment of every service: what the engineer set, and over it where things are. */
export function serviceEnvironment(home: Home, infrastructure: Infrastructure, origin: string): NodeJS.ProcessEnv {
  const { nats_url, database_url, s3 } = infrastructure;
  return {
    LOG_LEVEL: 'info',
    GATEWAY_ID: 'standalone',
    // Nobody else uploads here: what a killed registry left is cleared away at the next start.
    ...(infrastructure.own && { ORPHAN_AGE_S: '0' }),
    ...process.env,
    NATS_URL: nats_url,
    DATABASE_URL: database_url,
    S3_ENDPOINT: s3.endpoint,
    S3_PUBLIC_ENDPOINT: s3.public_endpoint,
    S3_REGION: s3.region,
    S3_BUCKET: s3.bucket,
    S3_ACCESS_KEY_ID: s3.access_key_id,
    S3_SECRET_ACCESS_KEY: s3.secret_access_key,
    // Standalone is its own issuer: the tokens in the home are what counts here.
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    AUTH_JWKS_URL: pathToFileURL(home.in('jwks.json')).href,
    PUBLIC_URL: origin,
  };
}
