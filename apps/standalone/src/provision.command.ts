import { ConfigError } from '@edgeflow/configuration';
import { JetStreamLog, natsAccess, natsServers } from '@edgeflow/event-log';
import type { Console } from './console/console.js';
import { inboxOrganizations, streamSettings } from './stream-settings.js';

/**
 * `provision`: makes the log's streams and the inboxes of organizations, or brings them to what this version wants, for a deployment whose
 * services have no right to. Its user is the server's `provisioner`. @throws ConfigError @throws Error of one line
 */
export async function provision(console: Console): Promise<void> {
  const servers = natsServers(process.env);
  if (servers === undefined) throw new ConfigError(['NATS_URL is missing: must be a URL like nats://host:4222']);
  const wanted = { ...streamSettings(process.env), organizations: inboxOrganizations(process.env) };
  await JetStreamLog.provision({ servers, name: 'provision', ...natsAccess(process.env), ...wanted });
  console.say('the streams are as they should be');
}
