import { EventLog, natsAccess } from '@edgeflow/event-log';
import type { Console } from './console/console.js';
import { inboxOrganizations, streamSettings } from './stream-settings.js';

/**
 * `provision`: makes the log's streams and the inboxes of organizations, or brings them to what this version wants, for a deployment whose
 * services have no right to. Its user is the server's `provisioner`. @throws Error of one line
 */
export async function provision(console: Console): Promise<void> {
  const servers = process.env['NATS_URL'];
  if (!servers) throw new Error('NATS_URL must be set');
  const wanted = { ...streamSettings(process.env), organizations: inboxOrganizations(process.env) };
  await EventLog.provision({ servers, name: 'provision', ...natsAccess(process.env), ...wanted });
  console.say('the streams are as they should be');
}
