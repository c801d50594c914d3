import { Refused } from '@edgeflow/contracts';
import { JetStreamLog } from '@edgeflow/event-log';
import { S3ObjectStore } from '@edgeflow/object-store';
import { systemMachine } from '@edgeflow/runtime';
import { eventLogOptions, objectStoreOptions, readConfig, runService } from '@edgeflow/service-host';
import { untilAnswered } from '@edgeflow/telemetry';
import { RegistryConfig } from './registry.config.js';
import { startRegistry } from './registry.js';

/** Of the object store. */
const isAway = (error: unknown): boolean => error instanceof Refused && error.code === 'storage-unavailable';

await runService(async () => {
  const config = readConfig(RegistryConfig);
  const log = await JetStreamLog.connect(eventLogOptions(config, 'firmware-registry'));
  const store = new S3ObjectStore(objectStoreOptions(config), systemMachine.clock);
  await untilAnswered('the object store', () => store.ensureBucket(), isAway, systemMachine);
  await startRegistry({ config, log, store });
});
