import { readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import { createAuthority } from '@edgeflow/embedded';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openIssuer, refreshTokens, s3Keys } from './credentials.js';
import { Home } from './home.js';
import { natsUsers } from './nats-users.js';
import { openPublisherKey } from './publisher-keys.js';

let folder: TemporaryFolder;
let home: Home;
let warnings: string[];

const open = async (): Promise<void> => {
  warnings = [];
  home = await Home.open(folder.path, (text) => warnings.push(text));
};
beforeEach(async () => {
  folder = await temporaryFolder('damaged');
  await open();
});
afterEach(() => folder.remove());

/** All that a start makes in the home by itself. */
async function makeAll(): Promise<void> {
  await refreshTokens(home, await openIssuer(home));
  await openPublisherKey(home, 'acme');
  await s3Keys(home);
  await natsUsers(home);
}

/** What a power cut leaves of a file whose text was not forced to the disk. */
const DAMAGES: [string, (path: string) => Promise<void>][] = [
  ['is empty', (path) => truncate(path)],
  ['is half there', async (path) => truncate(path, Math.floor((await readFile(path)).length / 2))],
  ['is all zeros', async (path) => writeFile(path, Buffer.alloc((await readFile(path)).length))],
];
const KEPT = ['issuer.jwk', 'acme.publisher.jwk', 's3.json', 'nats-users.json'];

describe.each(DAMAGES)('a file of the home that %s', (_, damage) => {
  it.each(KEPT)('is made anew, put aside and named: %s', async (name) => {
    await makeAll();
    const path = home.in('keys', name);
    await damage(path);
    await makeAll();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${path} was damaged and is made anew`);
    expect(await readdir(home.in('keys'))).toContain(`${name}.damaged`);
    expect(JSON.parse(await readFile(path, 'utf8'))).toBeTypeOf('object');
    await makeAll();
    expect(warnings).toHaveLength(1);
  });

  it('is made anew without a word when nothing is lost by it: tokens, jwks.json', async () => {
    await makeAll();
    const token = home.in('tokens', 'acme.admin.token');
    for (const path of [token, home.in('jwks.json')]) await damage(path);
    await makeAll();
    expect((await readFile(token, 'utf8')).split('.')).toHaveLength(3);
    expect(JSON.parse(await readFile(home.in('jwks.json'), 'utf8'))).toMatchObject({ keys: [{ kty: 'OKP' }] });
    expect(warnings).toEqual([]);
  });

  it('is no lock that anybody holds', async () => {
    const lock = home.in('lock');
    await damage(lock);
    await open();
    await expect(Home.open(folder.path)).rejects.toThrow(`${folder.path} is in use by process ${process.pid}`);
  });

  it.each(['ca.crt', 'ca.key'])('stops the start and is named with what to do: %s', async (name) => {
    await createAuthority(folder.path);
    await damage(home.in(name));
    await expect(createAuthority(folder.path)).rejects.toThrow(
      new RegExp(`${name} is missing or damaged: restore ca.crt and ca.key from a backup; or delete both`),
    );
  });
});
