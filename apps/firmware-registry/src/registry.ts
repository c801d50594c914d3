import multipart from '@fastify/multipart';
import { startService, type RunningService } from '@edgeflow/service-host';
import { AppModule, type Opened } from './app.module.js';

/** Starts the HTTP side of the registry over an open log and an open object store; the log is closed when it stops. */
export function startRegistry(opened: Opened): Promise<RunningService> {
  const { config, log, store } = opened;
  return startService({
    name: 'firmware-registry',
    prefix: 'registry',
    config,
    log,
    module: AppModule.with(opened),
    readiness: [
      { name: 'nats', code: 'log-unavailable', check: () => log.check() },
      { name: 's3', code: 'storage-unavailable', check: () => store.ready() },
    ],
    configure: async (app) => {
      await app.register(multipart);
    },
    onStop: () => log.close(),
  });
}
