import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Home } from './home/home.js';
import type { Infrastructure } from './infrastructure.js';
import { serviceEnvironments } from './service-environment.js';

const infrastructure: Infrastructure = {
  own: true,
  nats: {
    url: 'tls://127.0.0.1:4222',
    own: { ca: '/h/ca.crt', users: '/h/nats-users', api_prefix: 'EDGEFLOW.API', passwordOf: (user) => `of-${user}` },
  },
  database_url: 'postgres://u:p@127.0.0.1/d',
  s3: {
    ...{ access_key_id: 'id', secret_access_key: 'key', endpoint: 'http://127.0.0.1:9', public_endpoint: 'https://o' },
    ...{ region: 'r', bucket: 'b', behind_origin: true },
  },
};
const home = { in: (...names: string[]) => ['/h', ...names].join('/') } as unknown as Home;
const environmentOf = serviceEnvironments(home, infrastructure, 'https://o');

/** The variables that say how to get into something. */
function waysIn(service: string): string[] {
  return Object.keys(environmentOf(service)).filter((name) => /^(DATABASE_URL|S3_SECRET_ACCESS_KEY)$/.test(name));
}

describe('the environment of a service', () => {
  it('has the way into what the service stands on, and nothing else', () => {
    expect(waysIn('firmware-registry')).toEqual(['S3_SECRET_ACCESS_KEY']);
    expect(waysIn('device-gateway')).toEqual(['S3_SECRET_ACCESS_KEY']);
    expect(waysIn('rollout-orchestrator')).toEqual(['DATABASE_URL']);
    expect(waysIn('projection')).toEqual(['DATABASE_URL']);
  });

  it('names the service’s own user of NATS', () => {
    expect(environmentOf('projection')).toMatchObject({ NATS_USER: 'projection', NATS_PASSWORD: 'of-projection' });
    expect(JSON.stringify(environmentOf('projection'))).not.toContain('of-device-gateway');
  });

  it('passes on what is said of somebody else’s NATS', () => {
    const elsewhere = serviceEnvironments(home, { ...infrastructure, nats: { url: 'nats://n1:4222' } }, 'https://o');
    expect(elsewhere('projection')).toMatchObject({ NATS_URL: 'nats://n1:4222' });
    expect(elsewhere('projection')).not.toHaveProperty('NATS_USER');
  });

  it('has each variable once, though the engineer gave a file for it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'edgeflow-environment-'));
    const file = join(folder, 'value');
    writeFileSync(file, 'debug\n');
    vi.stubEnv('LOG_LEVEL_FILE', file);
    vi.stubEnv('PUBLIC_URL_FILE', file);
    vi.stubEnv('NATS_USER_FILE', file);
    const given = serviceEnvironments(home, { ...infrastructure, nats: { url: 'nats://n1:4222' } }, 'https://o');
    const own = serviceEnvironments(home, infrastructure, 'https://o');
    expect(own('projection')).toMatchObject({ LOG_LEVEL: 'debug', NATS_USER: 'projection' });
    expect(given('projection')).toMatchObject({ LOG_LEVEL: 'debug', NATS_USER: 'debug', PUBLIC_URL: 'https://o' });
    expect(
      Object.keys(given('projection')).filter((name) => /^(LOG_LEVEL|PUBLIC_URL|NATS_USER)_FILE$/.test(name)),
    ).toEqual([]);
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
});
