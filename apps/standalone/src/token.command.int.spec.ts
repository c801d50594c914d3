import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TokenVerifier, jwksOf } from '@edgeflow/identity';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openIssuer } from './home/credentials.js';
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

const mint = (args: readonly string[], path = folder.path) =>
  run(process.execPath, [MAIN, 'token', ...args], { env: { PATH: process.env['PATH'], EDGEFLOW_HOME: path } });

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
    expect(readTokenOptions(right)).toEqual({
      who: { org: 'acme', role: ['viewer'], subject: 'viewer@acme' },
      ttl_s: 900,
    });
  });

  it.each([
    [{ org: 'a.b' }, '--org'],
    [{ role: ['device-claim'] }, '--role'],
    [{ subject: '' }, '--subject'],
    [{ ttl: '0s' }, '--ttl'],
    [{ ttl: '31d' }, '--ttl'],
    [{ ttl: '1 h' }, '--ttl'],
  ])('are refused: %j', (part, name) => expect(() => readTokenOptions({ ...right, ...part })).toThrow(name));
});
