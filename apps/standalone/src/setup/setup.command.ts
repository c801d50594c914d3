import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, variablesIn } from '@edgeflow/configuration';
import { NATS_PASSWORDS, natsPasswords } from '@edgeflow/event-log';
import type { Console } from '../console/console.js';
import { USERS, giveVolume, openToOthers, s3Identities } from './files.js';

/** Where docker-compose.yml mounts what this command works on. */
const VOLUMES = '/volumes';
const PROJECT = '/project';
const SECRETS = [...NATS_PASSWORDS, 'POSTGRES_PASSWORD', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'];

/**
 * `setup`: what a deployment in containers needs before anything else starts, as root and without a network. Checks that every secret is
 * there and that no one else on the host can read them, writes the files in which NATS and the S3 server look for theirs, and gives each
 * volume to the user that works with it. May be repeated.
 * @throws ConfigError with a line for each secret that is missing, or when `.env` is open to everybody
 */
export async function setup(console: Console): Promise<void> {
  const secrets = requiredSecrets();
  const envFile = join(PROJECT, '.env');
  if (await openToOthers(envFile))
    throw new ConfigError(['.env can be read by everybody on this host: chmod 600 .env']);
  for (const [volume, user] of Object.entries(USERS)) await giveVolume(join(VOLUMES, volume), user);
  const passwords = NATS_PASSWORDS.map((name) => [name, secrets[name] ?? '']);
  await writeSecret(
    'nats-passwords/passwords.conf',
    natsPasswords(Object.fromEntries(passwords) as Record<string, string>),
    'nats-data',
  );
  const { S3_ACCESS_KEY_ID = '', S3_SECRET_ACCESS_KEY = '' } = secrets;
  await writeSecret('s3-config/s3.json', s3Identities(S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY), 's3-data');
  console.say('the secrets are complete, and each volume belongs to its user');
}

function requiredSecrets(): Partial<Record<string, string>> {
  const secrets = variablesIn(process.env, SECRETS);
  const missing = SECRETS.filter((name) => !secrets[name]);
  if (missing.length > 0)
    throw new ConfigError(missing.map((name) => `${name} is missing: set it in .env, or ${name}_FILE`));
  return secrets;
}

/** A file that only the user of `owner`'s volume may read. */
async function writeSecret(file: string, text: string, owner: keyof typeof USERS): Promise<void> {
  const path = join(VOLUMES, file);
  await writeFile(path, text, { mode: 0o400 });
  await giveVolume(path, USERS[owner]);
}
