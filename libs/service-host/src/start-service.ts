import type { AddressInfo } from 'node:net';
import type { Clock, Machine } from '@edgeflow/runtime';
import {
  Readiness,
  collectProcessMetrics,
  configureLogger,
  flushTraces,
  logger,
  nestLogger,
  type ReadinessCheck,
} from '@edgeflow/telemetry';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiDescription } from './openapi/api-description.js';
import type { ServiceConfig } from './config.js';
import { HostModule, type ServiceLog } from './host.module.js';
import { httpServer } from './http-server.js';
import { asListenFault } from './listening.js';
import { describeApi } from './openapi/describe-api.js';
import { stopOnSignal } from './signals.js';

export interface ServiceOptions {
  /** The service's name, in logs, traces and the API description. */
  name: string;
  /** The path under which the service is reached at the common origin, without slashes: `registry`. */
  prefix: string;
  config: ServiceConfig;
  /** Where API keys are looked up, and where it is recorded what callers do. */
  log: ServiceLog;
  /** What it takes from the machine that it runs on. */
  machine: Machine;
  /** The authority of clients' certificates, PEM, where routes look at them; needs TLS_CERT_FILE. */
  client_ca_file?: string;
  /** The service's own module: flat lists of controllers and providers. Controllers carry their whole path. */
  module: Type | DynamicModule;
  /** What it cannot work without, besides the log. */
  readiness: readonly ReadinessCheck[];
  /** Last touches before the service listens: plugins, microservices, an upgrade handler. */
  configure?: (app: NestFastifyApplication) => Promise<void> | void;
  /**
   * Runs when the last request has been answered: close the log and the database here. What holds connections open
   * (tunnels, event streams) ends them in Nest's `onModuleDestroy`, which runs before.
   */
  onStop?: () => Promise<void>;
}

export interface RunningService {
  app: NestFastifyApplication;
  /** Where it listens: `http://127.0.0.1:34567`, or https. */
  url: string;
  /** Stops gracefully; further calls wait for the same stop. */
  stop(): Promise<void>;
}

/** How long requests that are being answered may keep a stopping service, in milliseconds. */
const DRAIN_MS = 10_000;
const SWEEP_MS = 50;
/** Answers are data: a browser that is led to one shall neither run nor frame anything. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: { defaultSrc: "'none'", frameAncestors: "'none'" },
};

function urlOf(app: NestFastifyApplication): string {
  const { address, family, port } = app.getHttpServer().address() as AddressInfo;
  const scheme = 'setSecureContext' in app.getHttpServer() ? 'https' : 'http';
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function closeServer(app: NestFastifyApplication, clock: Clock): Promise<void> {
  const server = app.getHttpServer();
  // A connection whose last request has just been answered would stay open for the next one.
  const stopSweeping = clock.every(SWEEP_MS, () => server.closeIdleConnections());
  const inTime = clock.after(DRAIN_MS, () => {
    logger.warn('requests were still open at the end of the grace period');
    server.closeAllConnections();
  });
  try {
    await app.close();
  } finally {
    stopSweeping();
    inTime();
  }
}

async function stopService(app: NestFastifyApplication, { onStop, machine }: ServiceOptions): Promise<void> {
  app.get(Readiness).stop();
  try {
    await closeServer(app, machine.clock);
  } finally {
    await onStop?.();
    await flushTraces(machine.clock);
    logger.info('stopped');
  }
}

async function createApp(options: ServiceOptions): Promise<NestFastifyApplication> {
  const { name, prefix, config, configure } = options;
  const app = await NestFactory.create<NestFastifyApplication>(HostModule.hosting(options), httpServer(options), {
    logger: nestLogger,
    abortOnError: false,
    // json-body.ts reads them.
    bodyParser: false,
  });
  app.useSecurityHeaders({ contentSecurityPolicy: CONTENT_SECURITY_POLICY });
  app.get(ApiDescription).writtenBy(() => describeApi(app, { name, prefix, url: config.PUBLIC_URL }));
  await configure?.(app);
  return app;
}

/**
 * Starts a service: HTTP with auth, problem documents, validation, rate limit, probes, metrics, API description, logs.
 * It stops at SIGTERM, SIGINT, or when the parent's channel closes: not ready any more, requests finished (ten seconds
 * at most), `onStop`, traces sent.
 * @throws ConfigError when it cannot listen at that address; whatever else keeps it from starting: the port in use, a provider that cannot
 * be made
 */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { config, name } = options;
  configureLogger({ service: name, level: config.LOG_LEVEL });
  collectProcessMetrics();
  const app = await createApp(options);
  await app.listen({ port: config.PORT, host: config.HOST }).catch((error: unknown) => {
    throw asListenFault(error);
  });
  const url = urlOf(app);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= stopService(app, options).finally(forget));
  const forget = stopOnSignal(stop);
  logger.info({ url }, 'listening');
  return { app, url, stop };
}
