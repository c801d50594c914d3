import { rm } from 'node:fs/promises';
import type { Console } from './console/console.js';
import { ENDPOINTS_FILE, endpointsFile, endpointsOf, type Endpoints } from './endpoints.js';
import { openFront } from './front.js';
import { Home } from './home/home.js';
import { startInfrastructure } from './infrastructure.js';
import { serviceEnvironments } from './service-environment.js';
import { placeServices, startServices } from './services.js';
import type { Settings } from './settings.js';
import { Supervision } from './supervision.js';
import { registerPublisherKeys } from './trust.js';

/** All of EdgeFlow on this machine, ready. */
export interface Standalone {
  endpoints: Endpoints;
  /** Settles when something in it can never run as things are. */
  gaveUp: Promise<Error>;
  /** Services first, then what they stand on; nothing of it runs afterwards. */
  stop(): Promise<void>;
}

/**
 * Starts everything and waits until every service is ready.
 * @param signal ends the start half-way
 * @throws Error of one line; what was started by then is stopped again
 */
export async function startStandalone(settings: Settings, console: Console, signal: AbortSignal): Promise<Standalone> {
  await using teardown = new AsyncDisposableStack();
  const home = await Home.open(settings.home, (text) => console.warn('standalone', text));
  teardown.defer(home.release);
  // Of a start that was killed; whoever waits for this file waits for this start.
  await rm(home.in(ENDPOINTS_FILE), { force: true });
  const services = await placeServices();
  const supervision = (): Supervision => {
    const one = new Supervision(home, console);
    teardown.defer(() => one.stop());
    return one;
  };
  const front = supervision();
  const origin = await openFront(settings, home, services, front, teardown);

  const base = supervision();
  const infrastructure = await startInfrastructure(settings, home, origin.https_url, base);
  signal.throwIfAborted();
  const { s3 } = infrastructure;
  if (s3.behind_origin) origin.serveBucket(s3.bucket, s3.endpoint);
  for (const { name, url } of [...front.members(), ...base.members()]) console.ready(name, url);

  const upper = supervision();
  await startServices(services, serviceEnvironments(home, infrastructure, origin.https_url), upper, signal);
  await registerPublisherKeys(home, origin.https_url, console);

  const all = [front, base, upper];
  const endpoints = (): Endpoints =>
    endpointsOf(
      home,
      origin,
      infrastructure,
      all.flatMap((some) => some.members()),
    );
  const file = endpointsFile(home, endpoints, console);
  teardown.defer(() => file.remove());
  // A process that was started again has another pid.
  for (const some of all) some.onChange = () => void file.write();
  await file.write();
  const gaveUp = Promise.race(all.map((some) => some.gaveUp));
  const started = teardown.move();
  return { endpoints: endpoints(), gaveUp, stop: () => started.disposeAsync() };
}
