import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findNatsServer, freePort } from '@edgeflow/embedded';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Connection } from '../connection/connection.js';
import { natsAccess } from '../connection/environment.js';
import { NotAdmitted } from '../errors.js';
import { exampleConfig } from './example-config.js';
import { NATS_PASSWORDS, natsPasswords } from './passwords.js';
import { API_PREFIX } from './subjects.js';

const ANY = [
  `/ # ? % @ : ' " \\ $ { } [ ] , ; = ( ) <> & * ! ~ \``,
  '12345678901234567890',
  '$NATS_PASSWORD_READER',
  'äß漢字🔑',
  ' \ta\r\nb\u0001 ',
  'true',
  '"',
  '\\',
];
const passwords = Object.fromEntries(NATS_PASSWORDS.map((name, index) => [name, ANY[index] ?? `plain-${index}`]));

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder('conf');
  await writeFile(join(folder.path, 'passwords.conf'), natsPasswords(passwords));
});
afterAll(() => folder.remove());

/** The example beside its passwords, with what a test needs otherwise. */
async function configured(change: (text: string) => string = (text) => text): Promise<string> {
  const file = join(folder.path, 'nats.conf');
  await writeFile(file, change(exampleConfig()));
  return file;
}

describe('the example of a configuration', () => {
  it('is one that the server takes, beside its passwords', async () => {
    expect(NATS_PASSWORDS).toHaveLength(8);
    const { stderr } = await promisify(execFile)(await findNatsServer(), ['-t', '-c', await configured()]);
    expect(stderr).toContain('is valid');
  });

  it('uses each password that there is, and no other', async () => {
    const used = [...exampleConfig().matchAll(/\$(NATS_PASSWORD_\w+)/g)].map(([, name]) => name);
    expect(used.sort()).toEqual([...NATS_PASSWORDS].sort());
  });
});

describe('passwords of any characters', () => {
  let server: ChildProcess;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    const store = join(folder.path, 'data');
    const file = await configured((text) => text.replace('"http": "127.0.0.1:8222",', '').replace('/data', store));
    // Whoever connects waits until it listens.
    server = spawn(await findNatsServer(), ['-c', file, '-a', '127.0.0.1', '-p', String(port)]);
  });
  afterAll(async () => {
    server.kill('SIGKILL');
    await once(server, 'exit');
  });

  /** Whether a user is let in with a password, as a service is: by its environment. */
  async function admitted(variable: string, password = passwords[variable]): Promise<boolean> {
    const NATS_USER = variable.replace('NATS_PASSWORD_', '').toLowerCase().replaceAll('_', '-');
    const NATS_PASSWORD_FILE = join(folder.path, 'password');
    await writeFile(NATS_PASSWORD_FILE, `${password}\n`);
    const access = natsAccess({ NATS_USER, NATS_PASSWORD_FILE, NATS_API_PREFIX: API_PREFIX } as object);
    const servers = `nats://127.0.0.1:${port}`;
    const connection = await Connection.open({ servers, name: 'spec', ...access }).catch((error: unknown) => {
      if (error instanceof NotAdmitted) return undefined;
      throw error;
    });
    await connection?.close();
    return connection !== undefined;
  }

  it.each(NATS_PASSWORDS)('let in whom they belong to: %s', async (variable) => {
    expect(await admitted(variable)).toBe(true);
    expect(await admitted(variable, `${passwords[variable]}x`)).toBe(false);
  });
});

describe('a file of passwords', () => {
  it('is not written with one that is missing, or of no user', () => {
    expect(() => natsPasswords({ NATS_PASSWORD_READER: '' })).toThrow(/^NATS_PASSWORD_READER is missing/);
    expect(() => natsPasswords({ 'NATS_PASSWORD_X: 1\ny': 'hunter2' })).toThrow(/is no variable of nats.conf/);
  });
});
