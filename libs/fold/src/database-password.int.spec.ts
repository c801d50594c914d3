import { runSql, startTestPostgres, type TestPostgres } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from './database.js';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
  await runSql(postgres.url, 'create role edge login; grant create on database edgeflow to edge');
});
afterAll(() => postgres.stop());

/** The URL of the role without a password, as a deployment has it. */
function urlOf(change: (url: URL) => void = () => undefined): string {
  const url = new URL(postgres.url);
  [url.username, url.password] = ['edge', ''];
  change(url);
  return url.href;
}

async function setPassword(password: string): Promise<void> {
  await runSql(postgres.url, `alter role edge password '${password.replaceAll("'", "''")}'`);
}

async function whoIsIn(url: string, password?: string): Promise<string> {
  const database = await openDatabase(url, {
    schema: 'spec',
    entities: [],
    ...(password !== undefined && { password }),
  });
  try {
    const [row] = await database.query<{ name: string }[]>('select current_user as name');
    return row!.name;
  } finally {
    await database.destroy();
  }
}

describe('a password beside the URL', () => {
  it.each([
    `/ # ? % @ : ' " \\ $ { } & + = ; , < >`,
    '/edge',
    '%41%zz',
    '12345',
    ' a ',
    '@db:5432/other?sslmode=disable#',
    'äß漢字🔑',
  ])('opens the database, whatever is in it: %j', async (password) => {
    await setPassword(password);
    expect(await whoIsIn(urlOf(), password)).toBe('edge');
    await expect(whoIsIn(urlOf(), `${password}x`)).rejects.toThrow(/password authentication failed/);
  });

  it('goes with parameters of the URL', async () => {
    await setPassword('a/b');
    expect(
      await whoIsIn(
        urlOf((url) => url.searchParams.set('application_name', 'a b')),
        'a/b',
      ),
    ).toBe('edge');
  });
});

describe('a database that does not let us in', () => {
  it('is said in its words, with the variables to look at, and no password', async () => {
    await setPassword('right');
    const refused = whoIsIn(urlOf(), 'hunter2');
    await expect(refused).rejects.toThrow(
      /^PostgreSQL at 127\.0\.0\.1:\d+: password authentication failed for user "edge" \(look at DATABASE_URL, DATABASE_PASSWORD\)$/,
    );
    await expect(whoIsIn(urlOf())).rejects.toThrow(/\(look at DATABASE_PASSWORD\)$/);
    await expect(
      whoIsIn(
        urlOf((url) => (url.pathname = '/none')),
        'right',
      ),
    ).rejects.toThrow(/database "none" does not exist \(look at DATABASE_URL\)$/);
  });
});

describe('what names no database', () => {
  it('is a fault of the configuration, at once and without its value', async () => {
    const raw = whoIsIn(postgres.url.replace(/\/\/.*@/, '//edge:12/hunter2@'));
    await expect(raw).rejects.toMatchObject({ name: 'ConfigError' });
    await expect(raw).rejects.toThrow(/^DATABASE_URL is wrong: ((?!hunter2).)*$/);
    await expect(whoIsIn(postgres.url, 'hunter2')).rejects.toThrow(/^DATABASE_PASSWORD is wrong: DATABASE_URL has/);
  });
});
