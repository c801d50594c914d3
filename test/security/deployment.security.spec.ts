import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  image: string;
  ports?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test?: string[] };
}

const file = (name: string): Promise<string> => readFile(new URL(`../../${name}`, import.meta.url), 'utf8');
const compose = parse(await file('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
  networks: { default: { ipam: { config: { subnet: string }[] } } };
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

  it('has services believe the origin what it says of clients, and nobody outside of their network', () => {
    const [network] = compose.networks.default.ipam.config;
    for (const name of SERVICES) {
      expect(compose.services[name]?.environment?.['TRUSTED_PROXIES']).toBe(network?.subnet);
    }
  });

  it('opens the origin, and nothing else', () => {
    const open = Object.entries(compose.services).filter(([, { ports }]) => ports !== undefined);
    expect(open.map(([name, { ports }]) => [name, ports])).toEqual([['origin', ['8443:8443']]]);
  });

  it('lets NATS be watched from its own container only', async () => {
    expect(await file('deploy/nats.conf')).toContain('"http": "127.0.0.1:8222"');
    expect(compose.services['nats']?.healthcheck?.test?.join(' ')).toContain('http://127.0.0.1:8222/healthz');
  });
});
