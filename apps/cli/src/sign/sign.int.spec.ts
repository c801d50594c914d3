import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readKeyStatement, readManifest } from '@edgeflow/identity';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PublicSigningKey } from './key-file.js';
import { signProgram } from './sign.program.js';

const IMAGE = randomBytes(2_000);
const sha256 = createHash('sha256').update(IMAGE).digest('hex');
let folder: TemporaryFolder;
let key: PublicSigningKey;
const at = (name: string) => join(folder.path, name);

/** What `npm run sign` prints. */
async function run(...args: string[]): Promise<string> {
  const lines: string[] = [];
  const program = signProgram((line) => lines.push(line))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  await program.parseAsync(args, { from: 'user' });
  return lines.join('\n');
}

beforeAll(async () => {
  folder = await temporaryFolder('sign');
  await writeFile(at('image.bin'), IMAGE);
  key = JSON.parse(await run('--new-key', at('k1.jwk'), '--kid', 'acme-2026')) as PublicSigningKey;
});
afterAll(() => folder.remove());

/** The blocks of docs/signing.md in a language. */
async function blocksOf(language: string): Promise<string[]> {
  const page = await readFile(new URL('../../../../docs/signing.md', import.meta.url), 'utf8');
  return [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, block = '']) => block);
}

const keyOf = (kid: string) => (kid === key.kid ? key.public_key : undefined);
const about = (): string[] => [
  '--key',
  at('k1.jwk'),
  '--org',
  'acme',
  '--version',
  '1.1.0',
  '--model',
  'm1',
  '--model',
  'm2',
];

describe('a new key', () => {
  it('is its owner’s alone, and is never written over', async () => {
    expect(key.kid).toBe('acme-2026');
    expect((await stat(at('k1.jwk'))).mode & 0o777).toBe(0o600);
    await expect(run('--new-key', at('k1.jwk'))).rejects.toThrow('EEXIST');
  });
});

describe('a signed image', () => {
  it('has a manifest that says what it is', async () => {
    const compact = await run(
      ...about(),
      '--release-counter',
      '7',
      '--expires-in',
      '1h',
      '--allow-downgrade',
      at('image.bin'),
    );
    const { kid, manifest } = await readManifest(compact, keyOf);
    const stated = { org: 'acme', models: ['m1', 'm2'], version: '1.1.0', sha256, size: 2_000, release_counter: 7 };
    expect({ kid, manifest }).toMatchObject({ kid: 'acme-2026', manifest: { ...stated, allow_downgrade: true } });
    const left_ms = Date.parse(manifest.expires_at) - Date.now();
    expect(left_ms).toBeGreaterThan(3_500_000);
    expect(left_ms).toBeLessThanOrEqual(3_600_000);
  });

  it.each<[string, string[], string]>([
    ['nothing but an image', [], '--key, --org must be given'],
    ['no counter', ['--key', 'x', '--org', 'acme', '--version', '1.1.0', '--model', 'm1'], '--release-counter must be'],
    ['a key that is none', ['--key', 'image.bin', '--org', 'acme'], '--version, --model'],
  ])('is not made of %s', async (_name, args, words) => {
    await expect(run(...args, at('image.bin'))).rejects.toThrow(words);
  });

  it('is not made of a version that is none, or a duration that is none', async () => {
    const wrong = about().map((word) => (word === '1.1.0' ? 'one' : word));
    await expect(run(...wrong, '--release-counter', '1', at('image.bin'))).rejects.toThrow('version');
    await expect(run(...about(), '--expires-in', 'soon', at('image.bin'))).rejects.toThrow('duration');
  });
});

describe('a key that vouches for another', () => {
  it('makes a statement that names both', async () => {
    const next = await run('--new-key', at('k2.jwk'));
    await writeFile(at('k2.pub.json'), next);
    const args = ['--key', at('k1.jwk'), '--org', 'acme', '--endorse', at('k2.pub.json'), '--revokes', 'acme-2026'];
    const { kid, statement } = await readKeyStatement(await run(...args), keyOf);
    expect(kid).toBe('acme-2026');
    expect(statement).toMatchObject({ org: 'acme', ...(JSON.parse(next) as object), revokes: ['acme-2026'] });
  });
});

describe('the lines for openssl in docs/signing.md', () => {
  it('make keys, a manifest and a statement that are good', async () => {
    const lines = await blocksOf('sh');
    expect(lines).toHaveLength(4);
    const keys = ['acme', 'acme-next'].map((name) => `openssl genpkey -algorithm ed25519 -out ${name}.pem`);
    // The last block is for a registry: the suite of the whole product runs it (test/e2e/firmware-life.e2e.spec.ts).
    const script = ['set -eu', ...keys, ...lines.slice(0, -1)].join('\n');
    const stated = { KID: 'ci-1', NEXT_KID: 'ci-2', ORG: 'acme', MODEL: 'm1', VERSION: '1.1.0', RELEASE_COUNTER: '8' };
    const env = { ...process.env, ...stated, EXPIRES_AT: '2099-01-01T00:00:00Z' };
    await promisify(execFile)('sh', ['-c', script], { cwd: folder.path, env });
    const made = JSON.parse(await readFile(at('acme.pub.json'), 'utf8')) as PublicSigningKey;
    const compact = (await readFile(at('manifest.jws'), 'utf8')).trim();
    const { kid, manifest } = await readManifest(compact, (id) => (id === made.kid ? made.public_key : undefined));
    expect({ kid, manifest }).toMatchObject({
      ...{ kid: 'ci-1', manifest: { org: 'acme', models: ['m1'], version: '1.1.0', sha256, size: 2_000 } },
    });
    const next = JSON.parse(await readFile(at('acme-next.pub.json'), 'utf8')) as PublicSigningKey & {
      statement: string;
    };
    const said = await readKeyStatement(next.statement, (id) => (id === made.kid ? made.public_key : undefined));
    const { public_key } = next;
    expect(said).toMatchObject({ kid: 'ci-1', statement: { org: 'acme', kid: 'ci-2', public_key } });
  });
});

describe('the test vector in docs/signing.md', () => {
  it('is a statement of the key that it names, of the payload that it shows', async () => {
    const [payload = '', compact = ''] = [(await blocksOf('json'))[0], (await blocksOf('text'))[0]];
    // RFC 8037, appendix A.2.
    const public_key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' } as const;
    const { kid, statement } = await readKeyStatement(compact.trim(), () => public_key);
    expect(kid).toBe('acme-2026');
    expect(statement).toEqual(JSON.parse(payload));
    expect(Buffer.from(compact.split('.')[1] ?? '', 'base64url').toString()).toBe(payload.trim());
  });
});
