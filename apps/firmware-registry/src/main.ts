import { setTimeout as sleep } from 'node:timers/promises';
import { Refused } from '@edgeflow/contracts';
import { EventLog } from '@edgeflow/event-log';
import { ObjectStore } from '@edgeflow/object-store';
import { eventLogOptions, objectStoreOptions, readConfig, runService } from '@edgeflow/service-host';
import { warnSparsely } from '@edgeflow/telemetry';
import { RegistryConfig } from './config.js';
import { startRegistry } from './registry.js';

/** How often an object store that is away is asked again, in milliseconds. */
const RETRY_MS = 1_000;

/** Waits for the object store like EventLog.connect waits for NATS: services may start in any order. */
async function ensureBucket(store: ObjectStore): Promise<void> {
  for (;;) {
    try {
      return await store.ensureBucket();
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'storage-unavailable') throw error;
      warnSparsely('start', { reason: error.detail }, 'the object store does not answer; trying again');
      await sleep(RETRY_MS);
    }
  }
}

await runService(async () => {
  const config = readConfig(RegistryConfig);
  const log = await EventLog.connect(eventLogOptions(config, 'firmware-registry'));
  const store = new ObjectStore(objectStoreOptions(config));
  await ensureBucket(store);
  await startRegistry({ config, log, store, clock: () => log.clock.now() });
});
