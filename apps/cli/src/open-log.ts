import { EventLog } from '@edgeflow/event-log';
import { configureLogger } from '@edgeflow/telemetry';

/** A person waits: whoever is away for so long is away, in milliseconds. */
const PATIENCE_MS = 5_000;

/**
 * The log, with the streams as they are; where there are none they are made.
 * @throws Error of one line when NATS is away, too old, or has other streams of these names
 */
export async function openLog(servers: string): Promise<EventLog> {
  // Its lines go to stdout, where the result goes.
  configureLogger({ service: 'edgeflow', level: 'silent' });
  const opening = EventLog.connect({ servers, name: 'edgeflow-cli' });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`NATS at ${withoutSecrets(servers)} does not answer`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([opening, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A URL may carry a password. */
function withoutSecrets(servers: string): string {
  return servers.replace(/\/\/[^@/,]*@/g, '//');
}
