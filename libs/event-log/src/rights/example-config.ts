import { EXAMPLE_ORGS, passwordVariable } from './passwords.js';
import { READER, SERVICE_RIGHTS, publisherRights } from './rights.js';
import { serverAccounts } from './server-accounts.js';

const HEAD = `# Accounts and rights of EdgeFlow on NATS, generated from libs/event-log/src/rights by \`npm run docs\` (docs/nats-rights.md, ADR 0016).
# Passwords are in passwords.conf beside this file, NATS_PASSWORD_<USER>: "..." in a line each, as natsPasswords of libs/event-log writes it
# (ADR 0024). A variable that nothing here uses is refused by the server. In production: add a user per organization, and uncomment \`tls\`.
# tls: { cert_file: "/etc/nats/server.crt", key_file: "/etc/nats/server.key" }
# The path is relative to this file; the server takes no absolute one.
include passwords.conf
`;

/** deploy/nats.conf, in the server's configuration language, of which JSON is a subset. */
export function exampleConfig(): string {
  const rights = [...SERVICE_RIGHTS, READER, ...EXAMPLE_ORGS.map(publisherRights)];
  const accounts = serverAccounts(rights, (user) => `$${passwordVariable(user)}`);
  const config = { http: '127.0.0.1:8222', jetstream: { store_dir: '/data' }, accounts };
  // A variable is one only without quotes.
  return `${HEAD}${JSON.stringify(config, undefined, 2).replace(/"(\$NATS_PASSWORD_\w+)"/g, '$1')}\n`;
}
