import { ConfigError } from '@edgeflow/configuration';
import { READER, PROVISIONER, SERVICE_RIGHTS, publisherRights } from './rights.js';

/** The organizations whose teams have a user in deploy/nats.conf. */
export const EXAMPLE_ORGS = ['acme', 'globex'];

/** The variable that holds a user's password, in deploy/nats.conf and in an environment. */
export function passwordVariable(user: string): string {
  return `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`;
}

/** The variables that deploy/nats.conf wants of `passwords.conf`, and all that it takes: the server refuses one that nothing uses. */
export const NATS_PASSWORDS: readonly string[] = [
  PROVISIONER,
  ...[...SERVICE_RIGHTS, READER, ...EXAMPLE_ORGS.map(publisherRights)].map(({ user }) => user),
].map(passwordVariable);

const HEAD = '# Secret. Passwords of the users in nats.conf, which includes this file; it must stand beside it.\n';

/**
 * The file `passwords.conf`, which deploy/nats.conf includes: a password may be of any characters, which the server would read as its
 * configuration language if it took them from its environment.
 * @param passwords by variable (`NATS_PASSWORD_READER`), plain or as bcrypt hash
 * @throws ConfigError that names each variable that is none, or has no password
 */
export function natsPasswords(passwords: Readonly<Record<string, string>>): string {
  const entries = Object.entries(passwords);
  const faults = entries.flatMap(([name, password]) => {
    if (!/^NATS_PASSWORD_[A-Z0-9_]+$/.test(name)) return [`${name} is wrong: it is no variable of nats.conf`];
    return password === '' ? [`${name} is missing: a user without a password would let everybody in`] : [];
  });
  if (faults.length > 0) throw new ConfigError(faults);
  return HEAD + entries.map(([name, password]) => `${name}: ${quoted(password)}\n`).join('');
}

/** A string of the server's configuration language (conf/lex.go, `lexDubQuotedString`): two escapes, and bytes by their number. */
function quoted(text: string): string {
  const escaped = text.replaceAll(/["\\]/g, String.raw`\$&`);
  // eslint-disable-next-line no-control-regex
  return `"${escaped.replaceAll(/[\x00-\x1f\x7f]/g, byteOf)}"`;
}

function byteOf(character: string): string {
  return String.raw`\x` + character.charCodeAt(0).toString(16).padStart(2, '0');
}
