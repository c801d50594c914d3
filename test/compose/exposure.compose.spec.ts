import { chmod, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { envOf } from './project.js';
import { run } from './run.js';
import { Stack } from './stack.js';

const SERVICES = ['firmware-registry', 'rollout-orchestrator', 'device-gateway', 'projection'];
const ALL = [...SERVICES, 'origin', 'nats', 'postgres', 's3'];
/** Which ports of its neighbours a container may reach: those of what it works with, and of whom it shares a network with. */
const REACHES: Record<string, string[]> = {
  origin: ['device-gateway:8080', 'firmware-registry:8080', 'projection:8080', 'rollout-orchestrator:8080', 's3:8333'],
  'firmware-registry': [
    'device-gateway:8080',
    'nats:4222',
    'origin:8443',
    'projection:8080',
    'rollout-orchestrator:8080',
    's3:8333',
  ],
  'rollout-orchestrator': [
    'device-gateway:8080',
    'firmware-registry:8080',
    'nats:4222',
    'origin:8443',
    'postgres:5432',
    'projection:8080',
  ],
  'device-gateway': [
    'firmware-registry:8080',
    'nats:4222',
    'origin:8443',
    'projection:8080',
    'rollout-orchestrator:8080',
    's3:8333',
  ],
  projection: [
    'device-gateway:8080',
    'firmware-registry:8080',
    'nats:4222',
    'origin:8443',
    'postgres:5432',
    'rollout-orchestrator:8080',
  ],
  nats: ['device-gateway:8080', 'firmware-registry:8080', 'projection:8080', 'rollout-orchestrator:8080'],
  postgres: ['projection:8080', 'rollout-orchestrator:8080'],
  s3: ['device-gateway:8080', 'firmware-registry:8080', 'origin:8443'],
};
const place = inject('place');

describe.skipIf(!place)('the deployed stack is closed:', () => {
  const stack = new Stack(place!);
  beforeAll(async () => void (await stack.trust()));
  afterAll(() => chmod(join(place!.project, '.env'), 0o600));

  interface Inspected {
    HostConfig: Record<string, unknown>;
    Config: { User: string; Env: string[] };
    NetworkSettings: { Ports: Record<string, unknown>; Networks: Record<string, { IPAddress: string }> };
  }
  async function inspect(service: string): Promise<Inspected> {
    const [container] = await stack.containers(service);
    return (JSON.parse(await stack.docker('inspect', container!.id)) as Inspected[])[0]!;
  }

  it.each(ALL)('%s has no rights and no bounds that it does not need', async (service) => {
    const { HostConfig, Config } = await inspect(service);
    expect(Config.User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      Privileged: false,
      SecurityOpt: ['no-new-privileges:true'],
    });
    expect(HostConfig['CapAdd'] ?? []).toEqual(service === 'origin' ? ['CAP_NET_BIND_SERVICE'] : []);
    expect(HostConfig['Memory']).toBeGreaterThan(0);
    expect(HostConfig['PidsLimit']).toBeGreaterThan(0);
    expect(HostConfig['LogConfig']).toMatchObject({
      Type: 'json-file',
      Config: { 'max-size': '10m', 'max-file': '5' },
    });
  });

  it('only the origin is published', async () => {
    for (const service of ALL) {
      const { Ports } = (await inspect(service)).NetworkSettings;
      const published = Object.entries(Ports).filter(([, bound]) => bound !== null);
      expect([service, published.map(([port]) => port)]).toEqual([service, service === 'origin' ? ['8443/tcp'] : []]);
    }
  });

  it('each container reaches what it works with, of its neighbours, and nothing else of any of them', async () => {
    const [targets, found] = [await listening(), new Map<string, string[]>()];
    for (const from of ALL) found.set(from, await reachable(from, targets));
    expect(Object.fromEntries(found)).toEqual(REACHES);
  });

  it('nothing listens that was not looked for: every port of the origin and of NATS, tried by a neighbour', async () => {
    const ports = Array.from({ length: 65_535 }, (_, n) => n + 1);
    const at = async (service: string, network: string) => {
      const { Networks } = (await inspect(service)).NetworkSettings;
      return { service, addresses: [Networks[`edgeflow_${network}`]!.IPAddress], ports };
    };
    const targets = [await at('origin', 'front'), await at('nats', 'back')];
    expect(await reachable('projection', targets)).toEqual(['nats:4222', 'origin:8443']);
  });

  interface Target {
    service: string;
    addresses: string[];
    ports: number[];
  }

  /** What each container listens to, by its own kernel, but for what only it can reach. */
  async function listening(): Promise<Target[]> {
    return Promise.all(
      ALL.map(async (service) => {
        const [container] = await stack.containers(service);
        const sockets = await run('nsenter', ['--target', String(container!.pid), '--net', 'ss', '-Hltn']);
        const ports = sockets.split('\n').flatMap((line) => {
          const [, address = '', port] = /^\S+\s+\d+\s+\d+\s+(\S+):(\d+)\s/.exec(line) ?? [];
          return port === undefined || address.startsWith('127.') ? [] : [Number(port)];
        });
        expect([service, ports.length > 0]).toEqual([service, true]);
        const { Networks } = (await inspect(service)).NetworkSettings;
        return { service, addresses: Object.values(Networks).map(({ IPAddress }) => IPAddress), ports };
      }),
    );
  }

  /** Which of these ports a container can connect to, at any address of its neighbours. */
  async function reachable(from: string, targets: readonly Target[]): Promise<string[]> {
    const jobs = targets
      .filter(({ service }) => service !== from)
      .flatMap(({ service, addresses, ports }) =>
        addresses.flatMap((host) => ports.map((port) => ({ service, host, port }))),
      );
    const [container] = await stack.containers(from);
    const program = `
      const { connect } = require('node:net');
      const jobs = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
      const open = new Set();
      const next = () => {
        const job = jobs.pop();
        if (!job) return Promise.resolve();
        return new Promise((done) => {
          const socket = connect({ ...job, timeout: 1000 });
          socket.once('connect', () => { open.add(job.service + ':' + job.port); socket.destroy(); done(); });
          for (const end of ['error', 'timeout']) socket.once(end, () => { socket.destroy(); done(); });
        }).then(next);
      };
      Promise.all(Array.from({ length: 256 }, next)).then(() => console.log(JSON.stringify([...open].sort())));`;
    const args = ['--target', String(container!.pid), '--net', process.execPath, '-e', program];
    return JSON.parse(await run('nsenter', args, { input: JSON.stringify(jobs) })) as string[];
  }

  it('whoever has no token is told nothing', async () => {
    for (const path of ['/query/v1/devices', '/query/v1/rollouts', '/query/v1/firmware', '/query/v1/events/aside']) {
      expect([path, (await fetch(`${place!.origin}${path}`)).status]).toEqual([path, 401]);
    }
    for (const path of [
      '/registry/v1/keys',
      '/orchestrator/v1/updates',
      '/orchestrator/v1/rollouts',
      '/gateway/v1/claims',
    ]) {
      const headers = { 'content-type': 'application/json' };
      const { status } = await fetch(`${place!.origin}${path}`, { method: 'POST', headers, body: '{}' });
      expect([path, status]).toEqual([path, 401]);
    }
    for (const prefix of ['', '/registry', '/orchestrator', '/gateway', '/query']) {
      expect((await fetch(`${place!.origin}${prefix}/metrics`)).status).toBe(404);
    }
    for (const prefix of ['registry', 'orchestrator', 'gateway', 'query']) {
      expect(await (await fetch(`${place!.origin}/${prefix}/readyz`)).json()).toEqual({ status: 'ok' });
    }
    const bucket = await fetch(`${place!.origin}/edgeflow-firmware/?list-type=2`);
    expect(bucket.status).toBe(403);
    expect((await fetch(`${place!.origin}/edgeflow-firmware/x`, { method: 'PUT', body: 'x' })).status).toBe(405);
  });

  it('bad tokens from one address lock out nobody at another', async () => {
    const pid = (await stack.containers('firmware-registry'))[0]!.pid;
    const guess = `
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
      (async () => {
        const seen = {};
        for (let n = 0; n < 320; n++) {
          const { status } = await fetch('https://origin:8443/query/v1/devices', { headers: { authorization: 'Bearer bad' + n, 'x-forwarded-for': '127.0.0.1' } });
          seen[status] = (seen[status] ?? 0) + 1;
        }
        console.log(JSON.stringify(seen));
      })();`;
    const origin = (await inspect('origin')).NetworkSettings.Networks['edgeflow_front']!.IPAddress;
    const seen = JSON.parse(
      await run('nsenter', [
        '--target',
        String(pid),
        '--net',
        process.execPath,
        '-e',
        guess.replace('origin:8443', `${origin}:8443`),
      ]),
    ) as Record<string, number>;
    expect(seen).toMatchObject({ 401: expect.any(Number), 429: expect.any(Number) });
    expect((await stack.ask('viewer', 'GET', '/query/v1/devices')).status).toBe(200);
  });

  it('no secret is in a log', async () => {
    const secret = await stack.token('viewer');
    await fetch(
      `${place!.origin}/edgeflow-firmware/a?X-Amz-Signature=hunter2signature&X-Amz-Credential=hunter2credential`,
    );
    await fetch(`${place!.origin}/query/v1/devices?token=hunter2query`, {
      headers: { cookie: 'hunter2cookie', authorization: 'Bearer hunter2token' },
    });
    const logs = await stack.compose('logs', '--no-color');
    const env = await envOf(place!.project);
    const secrets = Object.entries(env).filter(([name]) => /PASSWORD|SECRET/.test(name));
    for (const [name, value] of secrets) expect([name, logs.includes(value ?? '')]).toEqual([name, false]);
    expect(logs).not.toContain('hunter2');
    expect(logs).not.toContain(secret);
    expect(logs).toContain('/edgeflow-firmware/a');
  });

  it('NATS has no password in its environment, and its monitoring answers nobody else', async () => {
    expect((await inspect('nats')).Config.Env.join()).not.toContain('PASSWORD');
  });

  it('.env is made for its owner alone, and refused when others may read it', async () => {
    const file = join(place!.project, '.env');
    expect((await stat(file)).mode & 0o077).toBe(0);
    await chmod(file, 0o644);
    await expect(stack.compose('run', '--rm', '-T', 'setup')).rejects.toThrow(/ended with 78:[^]*chmod 600 .env/);
  });
});
