import type { StoredEvent } from '@edgeflow/contracts';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { accessTo } from '../../apps/cli/src/nats-access.js';

/** An installation, by its folder (`$EDGEFLOW_HOME`). */
interface Installation {
  home: string;
}

/** The log of an installation, as the user that only reads sees it; of a server without users, as anybody. */
export async function readersLog({ home }: Installation): Promise<EventLog> {
  return JetStreamLog.connect({ ...(await accessTo(undefined, { EDGEFLOW_HOME: home })), name: 'security-suite' });
}

/** Every event of an installation's log. */
export async function eventsOf(standalone: Installation): Promise<StoredEvent[]> {
  const log = await readersLog(standalone);
  try {
    return await Array.fromAsync(log.scan(['ota.>']));
  } finally {
    await log.close();
  }
}
