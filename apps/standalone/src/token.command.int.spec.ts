import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TokenVerifier, jwksOf } from '@edgeflow/identity';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openIssuer, ORGS } from './home/credentials.js';
import { Home } from './home/home.js';
import { readTokenOptions } from './token.command.js';

const MAIN = join(import.meta.dirname, '..', 'dist', 'main.js');
const run = promisify(execFile);

let folder: TemporaryFolder;
let home: Home;
let verifier: TokenVerifier;

beforeAll(async () => {
  folder = await temporaryFolder('token');
  home = await Home.open(folder.path);
  verifier = new TokenVerifier(jwksOf((await openIssuer(home)).jwks()));
});
afterAll(() => folder.remove());

const mint = (args: readonly string[], path = folder.path, env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, [MAIN, 'token', ...args], { env: { PATH: process.env['PATH'], EDGEFLOW_HOME: path, ...env } });

describe('the token command', () => {
  it('prints a token of a home, also while that is in use, and nothing else', async () => {
    const { stdout, stderr } = await mint([
      '--org',
      'acme',
      '--role',
      'operator',
      '--role',
      'viewer',
      '--subject',
      'ann',
    ]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(await verifier.verify(stdout.trim())).toEqual({
      ...{ kind: 'member', org: 'acme', subject: 'ann', roles: ['operator', 'viewer'] },
    });
  });

  it('knows an organization that came later by INBOX_ORGS', async () => {
    const asked = ['--org', 'initech', '--role', 'viewer'];
    await expect(mint(asked)).rejects.toMatchObject({ stderr: expect.stringContaining('--org must be one of') });
    const { stdout } = await mint(asked, folder.path, { INBOX_ORGS: 'acme,initech' });
    expect(await verifier.verify(stdout.trim())).toMatchObject({ org: 'initech' });
  });

  it('says in a line what is wrong', async () => {
    await expect(mint(['--org', 'acme', '--role', 'root'])).rejects.toMatchObject({
      ...{ code: 1, stdout: '', stderr: expect.stringContaining('--role must be one of') },
    });
    await expect(mint(['--org', 'acme', '--role', 'viewer'], `${folder.path}/none`)).rejects.toMatchObject({
      stderr: expect.stringContaining('has no issuer yet'),
    });
  });
});

describe('the options of the token command', () => {
  const right = { org: 'acme', role: ['viewer', 'viewer'], ttl: '15m' };

  it('have a subject that names roles and org, and a life in seconds', () => {
    expect(readTokenOptions(right, ORGS)).toEqual({
      who: { org: 'acme', role: ['viewer'], subject: 'viewer@acme' },
      ttl_s: 900,
    });
  });

  it.each([
    [{ org: 'a.b' }, '--org'],
    [{ org: 'acmee' }, '--org must be one of acme, globex'],
    [{ role: ['device-claim'] }, '--role'],
    [{ subject: '' }, '--subject'],
    [{ ttl: '0s' }, '--ttl'],
    [{ ttl: '31d' }, '--ttl'],
    [{ ttl: '1 h' }, '--ttl'],
  ])('are refused: %j', (part, name) => expect(() => readTokenOptions({ ...right, ...part }, ORGS)).toThrow(name));
});
