import { rm } from 'node:fs/promises';
import { createAuthority, type Authority } from '@edgeflow/embedded';
import type { TokenIssuer } from '@edgeflow/identity';
import type { Console } from './console/console.js';
import { endpointsOf, writeEndpoints, type Endpoints } from './endpoints.js';
import { openIssuer, refreshTokens } from './home/credentials.js';
import { Home } from './home/home.js';
import { startInfrastructure } from './infrastructure.js';
import { startOrigin, type Origin } from './origin/origin.js';
import { Teardown } from './processes/teardown.js';
import { serviceReady } from './readiness.js';
import { placeServices, serviceEnvironment, startService, type Service } from './services.js';
import type { Settings } from './settings.js';
import { Supervision } from './supervision.js';

/** All of EdgeFlow on this machine, ready. */
export interface Standalone {
  endpoints: Endpoints;
  /** Settles when something in it can never run as things are. */
  gaveUp: Promise<Error>;
  /** Services first, then what they stand on; nothing of it runs afterwards. */
  stop(): Promise<void>;
}

const SERVICES_READY_MS = 90_000;
const DAY_MS = 86_400_000;
/** The certificate lives 90 days; a new one is taken each month. */
const CERTIFICATE_MS = 24 * DAY_MS;

/**
 * Starts everything and waits until every service is ready.
 * @param signal ends the start half-way
 * @throws Error of one line; what was started by then is stopped again
 */
export async function startStandalone(settings: Settings, console: Console, signal: AbortSignal): Promise<Standalone> {
  const teardown = new Teardown();
  try {
    const started = await bringUp(settings, console, signal, teardown);
    return { ...started, stop: () => teardown.run() };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

async function bringUp(
  settings: Settings,
  console: Console,
  signal: AbortSignal,
  teardown: Teardown,
): Promise<Omit<Standalone, 'stop'>> {
  const home = await Home.open(settings.home);
  teardown.add(home.release);
  // Of a start that was killed; whoever waits for this file waits for this start.
  await rm(home.in('endpoints.json'), { force: true });
  const authority = await createAuthority(home.path);
  const issuer = await openIssuer(home);
  await refreshTokens(home, issuer);
  const services = await placeServices();
  const origin = await startOrigin({ ...settings, services, certificate: await authority.issue() });
  teardown.add(() => origin.stop());
  keepFresh(home, issuer, authority, origin, console, teardown);

  const base = new Supervision(home, console);
  teardown.add(() => base.stop());
  const infrastructure = await startInfrastructure(settings, home, origin.https_url, base);
  signal.throwIfAborted();
  const { s3 } = infrastructure;
  if (s3.behind_origin) origin.serveBucket(s3.bucket, s3.endpoint);
  for (const { name, url } of base.members()) console.ready(name, url);

  const upper = new Supervision(home, console);
  teardown.add(() => upper.stop());
  const env = serviceEnvironment(home, infrastructure, origin.https_url);
  for (const service of services) await startService(service, env, upper);
  await allReady(services, upper, console, signal);

  const endpoints = (): Endpoints => endpointsOf(home, origin, infrastructure, [...base.members(), ...upper.members()]);
  await writeEndpoints(home, endpoints());
  teardown.add(() => rm(home.in('endpoints.json'), { force: true }));
  // A process that was started again has another pid; one write at a time.
  let written = Promise.resolve();
  const update = (): void => {
    written = written
      .then(() => writeEndpoints(home, endpoints()))
      .catch((error: unknown) => {
        console.warn('standalone', `endpoints.json was not written: ${String(error)}`);
      });
  };
  base.onChange = update;
  upper.onChange = update;
  return { endpoints: endpoints(), gaveUp: Promise.race([base.gaveUp, upper.gaveUp]) };
}

/** @throws Error when a service is not ready in time or can never be */
async function allReady(
  services: readonly Service[],
  supervision: Supervision,
  console: Console,
  signal: AbortSignal,
): Promise<void> {
  const hopeless = new AbortController();
  void supervision.gaveUp.then((error) => hopeless.abort(error));
  const either = AbortSignal.any([signal, hopeless.signal]);
  const waits = services.map(async ({ name, url }) => {
    await serviceReady(name, url, SERVICES_READY_MS, either);
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

/** Tokens and certificate end; a start that runs for months renews them. */
function keepFresh(
  home: Home,
  issuer: TokenIssuer,
  authority: Authority,
  origin: Origin,
  console: Console,
  teardown: Teardown,
): void {
  const failed = (error: unknown): void => console.warn('standalone', `credentials were not renewed: ${String(error)}`);
  const tokens = setInterval(() => void refreshTokens(home, issuer).catch(failed), DAY_MS);
  const renew = async (): Promise<void> => origin.renew(await authority.issue());
  const certificate = setInterval(() => void renew().catch(failed), CERTIFICATE_MS);
  teardown.add(() => {
    clearInterval(tokens);
    clearInterval(certificate);
  });
}
