import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '@edgeflow/configuration';
import { IsInt, IsOptional, IsString, Min } from 'class-validator';
import { afterAll, describe, expect, it } from 'vitest';
import { tokenTrustOf } from './auth-config.js';
import { ServiceConfig } from './config.js';
import { Numeric } from './numeric.js';
import { readConfig } from './read-config.js';

class ShopConfig extends ServiceConfig {
  @IsString() DATABASE_URL!: string;
  @Numeric() @IsInt() @Min(1) SHOES_MAX = 10;
  @IsOptional() @IsString() SLOGAN?: string;
}

const folder = mkdtempSync(join(tmpdir(), 'edgeflow-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const good = {
  NATS_URL: 'nats://127.0.0.1:4222',
  AUTH_JWKS_URL: pathToFileURL(fileOf('jwks.json', '{"keys": []}')).href,
  DATABASE_URL: 'postgres://edge:hunter2@db/edge',
};

function linesFor(env: Record<string, string>): readonly string[] {
  try {
    readConfig(ShopConfig, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('has defaults for what is not given, or given as nothing', () => {
    const config = readConfig(ShopConfig, { ...good, HOST: '', LOG_LEVEL: '  ' });
    expect(config).toMatchObject({ HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'info', SHOES_MAX: 10 });
    expect(config.SLOGAN).toBeUndefined();
  });

  it('trims values and converts numbers', () => {
    expect(readConfig(ShopConfig, { ...good, PORT: ' 8081 ', SHOES_MAX: '3' })).toMatchObject({
      PORT: 8081,
      SHOES_MAX: 3,
    });
  });

  it('holds nothing of the rest of the environment', () => {
    expect(readConfig(ShopConfig, { ...good, HOME: '/root' })).not.toHaveProperty('HOME');
  });

  it('takes each variable from a file as well, and a password as it stands there', () => {
    const files = { PORT_FILE: fileOf('port', '8081\n'), NATS_PASSWORD_FILE: fileOf('password', ' a#b \n') };
    const config = readConfig(ShopConfig, { ...good, ...files, NATS_USER: 'edge' });
    expect(config).toMatchObject({ PORT: 8081, NATS_PASSWORD: ' a#b ' });
  });

  it('names a file that holds no value, and what is given twice', () => {
    const files = { PORT_FILE: join(folder, 'none'), HOST: 'a', HOST_FILE: fileOf('host', 'b') };
    expect(linesFor({ ...good, ...files }).toSorted()).toEqual([
      'HOST and HOST_FILE are both given: leave one of them out',
      'PORT_FILE is wrong: the file cannot be read (ENOENT)',
    ]);
  });

  it('names each missing and each wrong variable in a line of its own', () => {
    const lines = linesFor({ ...good, DATABASE_URL: '', PORT: 'eighty', LOG_LEVEL: 'loud' });
    expect(lines).toHaveLength(3);
    expect(lines).toContainEqual('DATABASE_URL is missing: must be a string');
    expect(lines).toContainEqual(expect.stringMatching(/^PORT is wrong: .*must be an integer number/));
    expect(lines).toContainEqual(expect.stringMatching(/^LOG_LEVEL is wrong: must be one of/));
  });

  it('never repeats a value', () => {
    expect(linesFor({ ...good, AUTH_JWKS_URL: 'https//:hunter2@keys' }).join()).not.toContain('hunter2');
    expect(linesFor({ ...good, NATS_URL: 'nats://edge:hunter2 @n1' }).join()).not.toContain('hunter2');
  });
});

describe('the configuration of tokens', () => {
  const { AUTH_JWKS_URL: _url, ...withoutKeys } = good;
  const named = (env: Record<string, string>): string[] =>
    linesFor({ ...withoutKeys, ...env }).map((line) => line.split(' ')[0] ?? '');

  it('is that of standalone, unless it says otherwise', () => {
    expect(tokenTrustOf(readConfig(ShopConfig, good))).toEqual({
      ...{ issuer: 'edgeflow', audience: 'edgeflow', org_claim: 'org', role_claim: 'role' },
    });
  });

  it('needs no URL of keys where the issuer can be asked', () => {
    expect(named({ AUTH_ISSUER: 'https://idp.example/realms/acme' })).toEqual([]);
    expect(named({ AUTH_ISSUER: 'http://localhost:8080/realms/acme' })).toEqual([]);
    expect(named({})).toEqual(['AUTH_JWKS_URL']);
    expect(named({ AUTH_ISSUER: 'acme' })).toEqual(['AUTH_JWKS_URL']);
  });

  it('trusts nothing that comes over an open line', () => {
    expect(named({ AUTH_ISSUER: 'http://idp.example' })).toEqual(['AUTH_ISSUER', 'AUTH_JWKS_URL']);
    expect(named({ AUTH_JWKS_URL: 'http://idp.example/keys' })).toEqual(['AUTH_JWKS_URL']);
  });

  it('does not mix bearer tokens up with those of claims and tunnels', () => {
    for (const AUTH_AUDIENCE of ['edgeflow-claim', 'edgeflow-gateway']) {
      expect(named({ ...good, AUTH_AUDIENCE })).toEqual(['AUTH_AUDIENCE']);
    }
  });

  it('knows what the issuer calls the roles', () => {
    const config = readConfig(ShopConfig, { ...good, AUTH_ROLE_NAMES: 'ota-admins=admin,ota:ops=operator' });
    expect(tokenTrustOf(config).role_names).toEqual(
      new Map([
        ['ota-admins', 'admin'],
        ['ota:ops', 'operator'],
      ]),
    );
    for (const AUTH_ROLE_NAMES of ['admin', 'a=root', 'a=admin,', '=admin', 'a = admin']) {
      expect(named({ ...good, AUTH_ROLE_NAMES })).toEqual(['AUTH_ROLE_NAMES']);
    }
  });
});

describe('the proxies that are trusted', () => {
  it('are addresses and networks', () => {
    for (const TRUSTED_PROXIES of ['loopback', '10.0.0.0/8, 192.0.2.1', 'loopback,fd00::/8']) {
      expect(readConfig(ShopConfig, { ...good, TRUSTED_PROXIES })).toMatchObject({ TRUSTED_PROXIES });
    }
    for (const TRUSTED_PROXIES of ['true', '*', '10.0.0.0/33', '10.0.0.0/8/8', 'proxy.example', '10.0.0.0/x', ',']) {
      expect(linesFor({ ...good, TRUSTED_PROXIES }).join()).toMatch(/^TRUSTED_PROXIES is wrong/);
    }
  });
});
