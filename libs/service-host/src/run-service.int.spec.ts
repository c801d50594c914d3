import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startNatsServer, type RunningServer } from '@edgeflow/embedded';
import { TokenIssuer } from '@edgeflow/identity';
import { startTestNats, temporaryFolder, type TemporaryFolder, type TestNats } from '@edgeflow/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

/** A service's main in small, on the built packages, as standalone and containers start it. */
const PROGRAM = `
  import { Controller, Get, Module, Query } from '@nestjs/common';
  import { JetStreamLog } from '@edgeflow/event-log';
  import { systemMachine } from '@edgeflow/runtime';
  import { ServiceConfig, eventLogOptions, readConfig, runService, startService } from '@edgeflow/service-host';
  class Hats { list() { return ['bowler']; } }
  Get()(Hats.prototype, 'list', Object.getOwnPropertyDescriptor(Hats.prototype, 'list'));
  Query()(Hats.prototype, 'list', 0);
  Controller('hats/v1/hats')(Hats);
  class HatModule {}
  Module({ controllers: [Hats] })(HatModule);
  const start = async () => {
    const config = readConfig(ServiceConfig);
    const log = await JetStreamLog.connect(eventLogOptions(config, 'hatter'));
    const onStop = async () => {
      await log.close();
      console.log(JSON.stringify({ msg: 'onStop' }));
    };
    return startService({
      ...{ name: 'hatter', prefix: 'hats', config, log, module: HatModule, readiness: [], onStop },
      machine: systemMachine,
    });
  };
  await runService(start);
  if (process.env.ESCAPE) setImmediate(() => { throw new Error('escaped with postgres://u:hunter2@db'); });
`;

interface LogLine {
  msg: string;
  level?: string;
  [field: string]: unknown;
}

let folder: TemporaryFolder;
let nats: TestNats;
let guarded: RunningServer;
let jwks: string;
let token: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  let issuer: TokenIssuer;
  [folder, nats, issuer] = await Promise.all([temporaryFolder('run'), startTestNats(), TokenIssuer.create()]);
  const file = join(folder.path, 'jwks.json');
  await writeFile(file, JSON.stringify(issuer.jwks()));
  jwks = pathToFileURL(file).href;
  token = await issuer.issue({ org: 'acme', role: 'viewer', subject: 'ann' }, 300);
  const accounts = { A: { jetstream: 'enabled', users: [{ user: 'hatter', password: 'felt' }] } };
  guarded = await startNatsServer({ dir: join(folder.path, 'guarded'), accounts });
});

afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));
afterAll(async () => void (await Promise.all([nats.stop(), guarded.stop()]).then(() => folder.remove())));

class Run {
  readonly lines: LogLine[] = [];
  errors = '';
  readonly ended: Promise<unknown[]>;

  constructor(readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream?.on('data', (chunk: Buffer) => {
        if (stream === child.stderr) this.errors += String(chunk);
        const parts = (rest + String(chunk)).split('\n');
        rest = parts.pop() ?? '';
        this.lines.push(...parts.map((part) => JSON.parse(part) as LogLine));
      });
    }
    const read = [child.stdout, child.stderr].map((stream) => stream && once(stream, 'end'));
    this.ended = Promise.all([once(child, 'exit'), ...read]).then(([exit]) => exit as unknown[]);
  }

  /** The first line with this message, as soon as it is there. */
  async line(msg: string): Promise<LogLine> {
    await expect.poll(() => this.lines.map((line) => line.msg), { timeout: 30_000 }).toContain(msg);
    return this.lines.find((line) => line.msg === msg)!;
  }
}

function run(env: Record<string, string>, program = PROGRAM): Run {
  const args = ['--import', '@edgeflow/telemetry/otel', '--input-type=module', '-e', program];
  const child = spawn(process.execPath, args, {
    cwd: import.meta.dirname,
    env: { PATH: process.env['PATH'], NATS_URL: nats.url, AUTH_JWKS_URL: jwks, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  return new Run(child);
}

describe('the process of a service', () => {
  it('names what is wrong with its configuration and ends with 78', async () => {
    const service = run({ NATS_URL: '', PORT: 'x', AUTH_JWKS_URL: 'nats://u:hunter2@n' });
    expect(await service.ended).toEqual([78, null]);
    expect(service.lines.map(({ msg }) => msg.split(':')[0]).sort()).toEqual([
      'AUTH_JWKS_URL is wrong',
      'NATS_URL is missing',
      'PORT is wrong',
    ]);
    expect(service.errors.trim().split('\n')).toHaveLength(3);
    expect(JSON.stringify(service.lines)).not.toContain('hunter2');
  });

  it('ends with 1, and says so in one line, on a Node that is too old', async () => {
    const old = "Object.defineProperty(process.versions, 'node', { value: '20.20.2' });";
    const service = run({}, `${old}${PROGRAM}`);
    expect(await service.ended).toEqual([1, null]);
    const message = 'Node 24.11 or newer is needed, this is 20.20.2: npm ci brings one, node_modules/.bin/node';
    expect(service.lines).toEqual([
      expect.objectContaining({ level: 'fatal', err: expect.objectContaining({ message }) }),
    ]);
  });

  it('does not wait for NATS to find its configuration wrong', async () => {
    const service = run({ NATS_URL: 'nats://127.0.0.1:9', TLS_CERT_FILE: '/none', TLS_KEY_FILE: '/none' });
    expect(await service.ended).toEqual([78, null]);
    expect(service.lines.map(({ msg }) => msg)).toEqual([
      'TLS_CERT_FILE is wrong: the file cannot be read (ENOENT)',
      'TLS_KEY_FILE is wrong: the file cannot be read (ENOENT)',
    ]);
  });

  it('ends with 78 when it cannot listen where it is told to', async () => {
    // Of the network for documentation (RFC 5737).
    const service = run({ HOST: '192.0.2.1' });
    expect(await service.ended).toEqual([78, null]);
    expect(await service.line('HOST is wrong: no address of this machine')).toMatchObject({ level: 'fatal' });
  });

  it('ends with 1 and the variables to look at when NATS does not let it in', async () => {
    const service = run({ NATS_URL: guarded.url, NATS_USER: 'hatter', NATS_PASSWORD: 'hunter2' });
    expect(await service.ended).toEqual([1, null]);
    const { err } = await service.line('the service did not start');
    expect(err).toMatchObject({ message: expect.stringContaining('(NATS_USER, NATS_PASSWORD)') });
    expect(service.errors).not.toContain('hunter2');
  });

  it('logs a request in one line that its trace and its request id lead to', async () => {
    const service = run({});
    const { url } = await service.line('listening');
    const headers = {
      authorization: `Bearer ${token}`,
      'x-request-id': 'r-1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    };
    expect(await (await fetch(`${url}/hats/v1/hats?secret=1`, { headers })).json()).toEqual(['bowler']);
    await fetch(`${url}/hats/readyz`);
    expect(await service.line('request completed')).toMatchObject({
      ...{ level: 'info', service: 'hatter', correlation_id: 'r-1', trace_id: '0af7651916cd43dd8448eb211c80319c' },
      ...{ method: 'GET', path: '/hats/v1/hats', status: 200, org: 'acme', roles: 'viewer' },
      duration_ms: expect.any(Number),
    });
    expect(service.lines.filter(({ msg }) => msg === 'request completed')).toHaveLength(1);
    expect(JSON.stringify(service.lines)).not.toContain('secret');
  });

  it.each([
    ['SIGTERM', (child: ChildProcess) => child.kill('SIGTERM')],
    ['SIGINT', (child: ChildProcess) => child.kill('SIGINT')],
    ['the end of its parent', (child: ChildProcess) => child.disconnect()],
  ])('stops cleanly at %s', async (_name, end) => {
    const service = run({});
    await service.line('listening');
    end(service.child);
    expect(await service.ended).toEqual([0, null]);
    // On a busy machine 'stopping' has been seen after the other two, so its place is not compared.
    const said = service.lines.map(({ msg }) => msg);
    expect(said).toEqual(expect.arrayContaining(['stopping', 'onStop', 'stopped']));
    expect(said.indexOf('onStop')).toBeLessThan(said.lastIndexOf('stopped'));
    expect(service.errors).toBe('');
  });

  it('ends with 1 when its port is taken', async () => {
    const first = run({});
    const { url } = await first.line('listening');
    const second = run({ PORT: new URL(String(url)).port });
    expect(await second.ended).toEqual([1, null]);
    expect(await second.line('the service did not start')).toMatchObject({
      level: 'fatal',
      err: { code: 'EADDRINUSE' },
    });
  });

  it('ends with 1 when an error escapes, without its secrets', async () => {
    const service = run({ ESCAPE: '1' });
    expect(await service.ended).toEqual([1, null]);
    expect(await service.line('an error escaped')).toMatchObject({ level: 'fatal' });
    expect(JSON.stringify(service.lines)).not.toContain('hunter2');
  });
});
