import { join } from 'node:path';
import { createAuthority, startPostgres, type RunningServer } from '@edgeflow/embedded';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from './database.js';

let folder: TemporaryFolder;
let postgres: RunningServer;
let ca_file: string;
let foreign: string;
beforeAll(async () => {
  folder = await temporaryFolder('postgres-tls');
  const authority = await createAuthority(join(folder.path, 'tls'));
  ca_file = authority.ca_path;
  foreign = (await createAuthority(join(folder.path, 'other'))).ca_path;
  const certificate = await authority.issue();
  postgres = await startPostgres({ dir: join(folder.path, 'postgres'), durable: false, certificate });
});
afterAll(async () => {
  await postgres.stop();
  await folder.remove();
});

async function isEncrypted(url: string, ca?: string): Promise<boolean> {
  const database = await openDatabase(url, { schema: 'spec', entities: [], ca_file: ca });
  try {
    const [row] = await database.query<{ ssl: boolean }[]>('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
    return row!.ssl;
  } finally {
    await database.destroy();
  }
}

describe('a database over TLS', () => {
  it('is reached when its authority is known, whatever else the URL says', async () => {
    expect(await isEncrypted(postgres.url, ca_file)).toBe(true);
    expect(await isEncrypted(`${postgres.url}?sslmode=no-verify`, ca_file)).toBe(true);
    expect(await isEncrypted(postgres.url.replace('127.0.0.1', 'localhost'), ca_file)).toBe(true);
  });

  it('is not spoken to when its certificate is of another authority', async () => {
    await expect(isEncrypted(postgres.url, foreign)).rejects.toThrow(/certificate/);
    await expect(isEncrypted(`${postgres.url}?sslmode=verify-full`)).rejects.toThrow(/certificate/);
  });

  it('is not spoken to under a name that its certificate does not have', async () => {
    await expect(isEncrypted(postgres.url.replace('127.0.0.1', '127.1'), ca_file)).rejects.toThrow();
  });

  it('follows the sslmode of the URL where no authority is given', async () => {
    expect(await isEncrypted(postgres.url)).toBe(false);
    expect(await isEncrypted(`${postgres.url}?sslmode=no-verify`)).toBe(true);
    expect(await isEncrypted(`${postgres.url}?sslmode=verify-full&sslrootcert=${ca_file}`)).toBe(true);
  });

  it('is refused when connections see other tables than they are to, as behind a pooler that keeps options to itself', async () => {
    const other = `${postgres.url}?options=${encodeURIComponent('-c search_path=public')}`;
    await expect(isEncrypted(other)).rejects.toThrow(/search_path is public and not spec_1/);
  });

  it('refuses what contradicts itself, or names no file, in one line', async () => {
    await expect(isEncrypted(`${postgres.url}?sslmode=disable`, ca_file)).rejects.toThrow(/sslmode=disable/);
    await expect(isEncrypted(postgres.url, join(folder.path, 'none'))).rejects.toThrow(
      /DATABASE_CA_FILE is wrong: the file cannot be read/,
    );
  });
});
