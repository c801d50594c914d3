import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredEvent } from '@edgeflow/contracts';
import { EventLog } from '@edgeflow/event-log';
import type { StandaloneUnderTest } from '../e2e/standalone.harness.js';

/** Every event of an installation's log, as the user that only reads sees it. */
export async function eventsOf({ endpoints }: StandaloneUnderTest): Promise<StoredEvent[]> {
  const log = await EventLog.connect({
    servers: (await readFile(join(endpoints.nats_users, 'reader.url'), 'utf8')).trim(),
    ca: await readFile(endpoints.nats_ca, 'utf8'),
    api_prefix: endpoints.nats_api_prefix,
    name: 'security-suite',
  });
  try {
    return await Array.fromAsync(log.scan(['ota.>']));
  } finally {
    await log.close();
  }
}
