import { READER, SERVICE_RIGHTS, publisherRights } from './rights.js';
import { serverAccounts } from './server-accounts.js';

/** The organizations whose teams have a user in the example. */
const ORGS = ['acme', 'globex'];

const HEAD = `# Accounts and rights of EdgeFlow on NATS, generated from libs/event-log/src/rights by \`npm run docs\` (docs/nats-rights.md, ADR 0016).
# Passwords come from the environment of the server: NATS_PASSWORD_<USER>, with a letter first, since a value that looks like a number is one.
# In production: give each user a bcrypt hash (\`nats server passwd\`), add a user per organization, and uncomment \`tls\`.
`;

const TLS = `# tls: { cert_file: "/etc/nats/server.crt", key_file: "/etc/nats/server.key" }
`;

/** deploy/nats.conf, in the server's configuration language, of which JSON is a subset. */
export function exampleConfig(): string {
  const rights = [...SERVICE_RIGHTS, READER, ...ORGS.map(publisherRights)];
  const accounts = serverAccounts(rights, (user) => `$${passwordVariable(user)}`);
  const config = { http: '127.0.0.1:8222', jetstream: { store_dir: '/data' }, accounts };
  // A variable is one only without quotes.
  return `${HEAD}${TLS}${JSON.stringify(config, undefined, 2).replace(/"(\$NATS_PASSWORD_\w+)"/g, '$1')}\n`;
}

/** The environment variable of the server that holds a user's password. */
export function passwordVariable(user: string): string {
  return `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`;
}
