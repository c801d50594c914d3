import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '@edgeflow/configuration';
import { createAuthority } from '@edgeflow/embedded';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceConfig } from './config.js';
import { FoldingServiceConfig } from './folding-config.js';
import { readConfig } from './read-config.js';
import { StoringServiceConfig } from './storing-config.js';

let folder: string;
let files: { cert: string; key: string; ca: string; other_key: string; text: string; none: string; jwks: string };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edgeflow-wrong-'));
  const authority = await createAuthority(join(folder, 'tls'));
  const { cert, key } = await authority.issue();
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  files = {
    ...{ cert: fileOf('tls.crt', cert), key: fileOf('tls.key', key), ca: authority.ca_path },
    other_key: fileOf('other.key', other.export({ type: 'pkcs8', format: 'pem' }).toString()),
    text: fileOf('text', '-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n'),
    none: join(folder, 'none'),
    jwks: pathToFileURL(fileOf('jwks.json', '{"keys": []}')).href,
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

type Env = Record<string, string>;
const base = (): Env => ({ NATS_URL: 'nats://127.0.0.1:4222', AUTH_JWKS_URL: files.jwks });

function linesOf(ConfigClass: new () => object, env: Env): readonly string[] {
  try {
    readConfig(ConfigClass, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}

describe('what a service is told', () => {
  it('is right when its files are there and its URLs are some', () => {
    const tls = { TLS_CERT_FILE: files.cert, TLS_KEY_FILE: files.key };
    const nats = { NATS_URL: 'tls://n1:4222,n2', NATS_USER: 'a', NATS_PASSWORD: '/#?', NATS_CA_FILE: files.ca };
    expect(linesOf(ServiceConfig, { ...base(), ...tls, ...nats, PUBLIC_URL: 'https://localhost:8443' })).toEqual([]);
  });

  it.each<[string, string, () => Env]>([
    ['NATS_URL', 'must be a URL', () => ({ NATS_URL: 'nats://edge:hun/ter2@n1' })],
    ['NATS_URL', 'must be a URL', () => ({ NATS_URL: 'nats://edge:12#hunter2@n1' })],
    ['NATS_USER', 'must be letters', () => ({ NATS_USER: 'hunter2.>' })],
    ['NATS_PASSWORD', 'NATS_USER must be given', () => ({ NATS_PASSWORD: 'hunter2' })],
    ['NATS_CA_FILE', 'ENOENT', () => ({ NATS_CA_FILE: files.none })],
    ['NATS_CA_FILE', 'EISDIR', () => ({ NATS_CA_FILE: folder })],
    ['NATS_CA_FILE', 'does not hold certificates', () => ({ NATS_CA_FILE: files.text })],
    ['NATS_CA_FILE', 'does not hold certificates', () => ({ NATS_CA_FILE: files.key })],
    ['TLS_CERT_FILE', 'TLS_KEY_FILE is given', () => ({ TLS_KEY_FILE: files.key })],
    ['TLS_KEY_FILE', 'TLS_CERT_FILE is given', () => ({ TLS_CERT_FILE: files.cert })],
    ['TLS_KEY_FILE', 'does not hold a key', () => ({ TLS_CERT_FILE: files.cert, TLS_KEY_FILE: files.cert })],
    ['TLS_KEY_FILE', 'not the key of', () => ({ TLS_CERT_FILE: files.cert, TLS_KEY_FILE: files.other_key })],
    ['AUTH_JWKS_URL', 'ENOENT', () => ({ AUTH_JWKS_URL: pathToFileURL(files.none).href })],
    ['AUTH_JWKS_URL', 'does not hold a JWK set', () => ({ AUTH_JWKS_URL: pathToFileURL(files.text).href })],
    ['AUTH_JWKS_URL', 'cannot be read', () => ({ AUTH_JWKS_URL: 'file://hunter2/jwks.json' })],
    ['PUBLIC_URL', 'must be a URL', () => ({ PUBLIC_URL: 'localhost:8443' })],
    ['HOST', 'must be an address', () => ({ HOST: 'hunter2 host' })],
  ])('names %s: %s', (name, reason, env) => {
    const [line, ...rest] = linesOf(ServiceConfig, { ...base(), ...env() });
    expect(line).toMatch(new RegExp(`^${name} is (wrong|missing): .*${reason}`));
    expect(rest).toEqual([]);
    expect(line).not.toMatch(/hun|ter2/);
  });
});

describe('what a folding service is told of its database', () => {
  const URL_OF_IT = 'postgres://edge@db:5432/edge';

  it('may have a password of any characters beside the URL', () => {
    const env = { ...base(), DATABASE_URL: URL_OF_IT, DATABASE_PASSWORD: ` /#?%@:'"\\$ `, DATABASE_CA_FILE: files.ca };
    expect(readConfig(FoldingServiceConfig, env)).toMatchObject({ DATABASE_PASSWORD: ` /#?%@:'"\\$ ` });
  });

  it.each<[string, string, () => Env]>([
    ['DATABASE_URL', 'must be a URL', () => ({})],
    ['DATABASE_URL', 'must be a URL', () => ({ DATABASE_URL: 'postgres://edge:hun/ter2@db/edge' })],
    ['DATABASE_URL', 'must be a URL', () => ({ DATABASE_URL: 'postgres:///hunter2' })],
    ['DATABASE_URL', 'sslmode', () => ({ DATABASE_URL: `${URL_OF_IT}?sslmode=disable`, DATABASE_CA_FILE: files.ca })],
    ['DATABASE_PASSWORD', 'too', () => ({ DATABASE_URL: 'postgres://a:hunter2@db', DATABASE_PASSWORD: 'hunter2' })],
    ['DATABASE_CA_FILE', 'ENOENT', () => ({ DATABASE_URL: URL_OF_IT, DATABASE_CA_FILE: files.none })],
  ])('names %s: %s', (name, reason, env) => {
    const [line, ...rest] = linesOf(FoldingServiceConfig, { ...base(), ...env() });
    expect(line).toMatch(new RegExp(`^${name} is (wrong|missing): .*${reason}`));
    expect(rest).toEqual([]);
    expect(line).not.toMatch(/hun|ter2/);
  });
});

describe('what a service is told of the object store', () => {
  const good = { S3_BUCKET: 'edgeflow', S3_ACCESS_KEY_ID: 'key', S3_SECRET_ACCESS_KEY: ' /#?% ' };

  it('may be a plain endpoint, and Amazon’s own', () => {
    expect(linesOf(StoringServiceConfig, { ...base(), ...good, S3_ENDPOINT: 'http://s3:8333' })).toEqual([]);
    expect(linesOf(StoringServiceConfig, { ...base(), ...good })).toEqual([]);
  });

  it.each<[string, string, () => Env]>([
    ['S3_ENDPOINT', 'must be a URL', () => ({ S3_ENDPOINT: 's3:8333' })],
    ['S3_ENDPOINT', 'without user', () => ({ S3_ENDPOINT: 'https://a:hunter2@s3' })],
    ['S3_PUBLIC_ENDPOINT', 'must be https', () => ({ S3_PUBLIC_ENDPOINT: 'http://s3' })],
    ['S3_BUCKET', 'must be the name of a bucket', () => ({ S3_BUCKET: 'a/hunter2' })],
    ['S3_REGION', 'must be the name of a region', () => ({ S3_REGION: 'hunter2.example' })],
    ['S3_ACCESS_KEY_ID', 'must be visible ASCII', () => ({ S3_ACCESS_KEY_ID: 'hun\nter2' })],
    ['S3_CA_FILE', 'does not hold certificates', () => ({ S3_CA_FILE: files.text })],
  ])('names %s: %s', (name, reason, env) => {
    const [line, ...rest] = linesOf(StoringServiceConfig, { ...base(), ...good, ...env() });
    expect(line).toMatch(new RegExp(`^${name} is wrong: .*${reason}`));
    expect(rest).toEqual([]);
    expect(line).not.toMatch(/hun|ter2/);
  });
});
