import { replaceDurably } from '@edgeflow/embedded';
import { PROVISIONER, READER, SERVICE_RIGHTS, publisherRights, type UserRights } from '@edgeflow/event-log';
import { systemEntropy } from '@edgeflow/runtime';
import { ORGS } from './credentials.js';
import type { Home } from './home.js';

/** Every user of this installation's NATS but its provisioner. */
export function rightsOfHome(): UserRights[] {
  return [...SERVICE_RIGHTS, READER, ...ORGS.map(publisherRights)];
}

/**
 * The passwords of the users, made at the first start and kept in `keys/nats-users.json`.
 * @returns a user's password; it throws for a user that is not there
 */
export async function natsUsers(home: Home): Promise<(user: string) => string> {
  const text = (held: Map<string, string>) => `${JSON.stringify(Object.fromEntries(held), undefined, 2)}\n`;
  const lost = 'teams and tools need the new URLs in nats-users/';
  const make = () => new Map<string, string>();
  const passwords = await home.keep('nats-users.json', { read: passwordsIn, make, text, lost });
  for (const user of [PROVISIONER, ...rightsOfHome().map(({ user }) => user)]) {
    // Hexadecimal: it stands in URLs and in the server's configuration as it is.
    if (!passwords.has(user)) passwords.set(user, systemEntropy.bytes(32, 'nats-password').toString('hex'));
  }
  await replaceDurably(home.in('keys', 'nats-users.json'), text(passwords));
  return (user) => {
    const password = passwords.get(user);
    if (password === undefined) throw new Error(`NATS has no user ${user}`);
    return password;
  };
}

/** Writes `nats-users/{user}.url` for those who are not services: each organization's teams, and tools that only read. */
export async function writeUserUrls(home: Home, host: string, passwordOf: (user: string) => string): Promise<void> {
  for (const user of [READER.user, ...ORGS.map((org) => publisherRights(org).user)]) {
    await replaceDurably(home.in('nats-users', `${user}.url`), `tls://${user}:${passwordOf(user)}@${host}\n`);
  }
}

function passwordsIn(text: string): Map<string, string> {
  const entries = Object.entries(JSON.parse(text) as Record<string, unknown>);
  const passwords = entries.filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
  );
  if (passwords.length < entries.length) throw new Error('not all are passwords');
  return new Map(passwords);
}
