import { systemMachine } from '@edgeflow/runtime';
import multipart from '@fastify/multipart';
import type { EventLog } from '@edgeflow/event-log';
import type { ObjectStore } from '@edgeflow/object-store';
import { startService, type RunningService } from '@edgeflow/service-host';
import type { RegistryConfig } from './registry.config.js';
import { RegistryCore } from './registry.core.js';
import { RegistryModule } from './registry.module.js';

/** What the process has opened. */
interface Opened {
  config: RegistryConfig;
  log: EventLog;
  store: ObjectStore;
}

/** Starts a registry with its HTTP side over an open log and an open object store; the log is closed when it stops. */
export function startRegistry({ config, log, store }: Opened): Promise<RunningService> {
  const core = new RegistryCore({ config, log, store, machine: systemMachine });
  return startService({
    name: 'firmware-registry',
    prefix: 'registry',
    config,
    log,
    machine: systemMachine,
    module: RegistryModule.with({ config, core }),
    readiness: core.readiness,
    configure: async (app) => {
      await app.register(multipart);
    },
    onStop: () => log.close(),
  });
}
