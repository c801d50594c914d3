import { freePort } from '@edgeflow/embedded';
import { serviceReady } from './readiness.js';
import type { Supervision } from './supervision.js';
import { appProgram } from './workspace.js';

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
  const ports = new Set<number>();
  // Nobody listens on them yet, so the same one may be found twice.
  while (ports.size < SERVICES.length) ports.add(await freePort());
  const free = [...ports];
  return SERVICES.map((service, index) => ({ ...service, url: `http://127.0.0.1:${free[index]}` }));
}

/**
 * Starts the services, keeps them running, and waits until all are ready, or wait for somebody to decide about the log.
 * @param environmentOf what a service's environment holds beside its address, by its name
 * @param signal ends the wait
 * @throws Error when one is not ready in time or can never be
 */
export async function startServices(
  services: readonly Service[],
  environmentOf: (service: string) => NodeJS.ProcessEnv,
  supervision: Supervision,
  signal: AbortSignal,
): Promise<void> {
  for (const { name, url } of services) {
    const { hostname, port } = new URL(url);
    const env = { ...environmentOf(name), HOST: hostname, PORT: port };
    await supervision.keepProgram({ name, url }, { ...appProgram(name), imports: [TELEMETRY], env });
  }
  const hopeless = new AbortController();
  void supervision.gaveUp.then((error) => hopeless.abort(error));
  const either = AbortSignal.any([signal, hopeless.signal]);
  const waits = services.map(async ({ name, url }) => {
    const undecided = await serviceReady(name, url, READY_MS, either);
    if (undecided === undefined) supervision.console.ready(name, url);
    else supervision.console.warn(name, `${undecided} (docs/operations.md: restore NATS, or \`npm run rebuild\`)`);
  });
  try {
    await Promise.all(waits);
  } catch (error) {
    // An aborted wait says only that it was aborted; the signal knows why.
    either.throwIfAborted();
    throw error;
  }
}
