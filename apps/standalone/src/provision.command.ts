import { EventLog, natsAccess } from '@edgeflow/event-log';
import type { Console } from './console/console.js';
import { streamSettings } from './stream-settings.js';

/**
 * `provision`: makes the log's streams, or brings them to what this version wants, for a deployment whose services have no right to.
 * Its user is the server's `provisioner`. @throws Error of one line
 */
export async function provision(console: Console): Promise<void> {
  const servers = process.env['NATS_URL'];
  if (!servers) throw new Error('NATS_URL must be set');
  await EventLog.provision({ servers, name: 'provision', ...natsAccess(process.env), ...streamSettings(process.env) });
  console.say('the streams are as they should be');
}
