import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { Role } from '@edgeflow/contracts';
import { run } from './run.js';

/** Where the stack is, as the set-up tells the specs. */
export interface StackPlace {
  /** The project's folder: docker-compose.yml, .env. */
  project: string;
  /** What `docker` needs to reach the engine. */
  env: NodeJS.ProcessEnv;
  /** The program `docker-compose`. */
  compose: string;
  /** A folder for what the tests make. */
  work: string;
  origin: string;
}

export interface Container {
  id: string;
  service: string;
  name: string;
  /** Of its first process, on this machine. */
  pid: number;
  started_at: string;
  health: string;
}

/** An answer of the origin. */
export interface Answer<T> {
  status: number;
  body: T;
}

const PATIENCE_MS = 120_000;

/** The deployed stack, reached as its users reach it: by `docker compose` and over the TLS origin. */
export class Stack {
  private readonly tokens = new Map<string, Promise<string>>();

  constructor(readonly place: StackPlace) {}

  /** The origin's root certificate, copied out of it, and trusted by this process from now on. @returns its file */
  async trust(): Promise<string> {
    const file = join(this.place.work, 'ca.crt');
    await this.compose('cp', 'origin:/data/caddy/pki/authorities/local/root.crt', file);
    setDefaultCACertificates([...getCACertificates('bundled'), readFileSync(file, 'utf8')]);
    return file;
  }

  /** `docker compose …` in the project's folder. @returns its stdout */
  compose(...args: readonly string[]): Promise<string> {
    return this.composeWith({}, ...args);
  }

  /** The same with more in its environment. */
  composeWith(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<string> {
    const { compose, project } = this.place;
    return run(compose, args, { cwd: project, env: { ...this.place.env, ...env } });
  }

  docker(...args: readonly string[]): Promise<string> {
    return run('docker', args, { env: this.place.env });
  }

  /** Starts what does not run and waits until all of it is healthy. */
  async up(...args: readonly string[]): Promise<void> {
    await this.compose('up', '-d', '--no-build', '--wait', ...args);
  }

  /** The containers of a service, or of all, that run. */
  async containers(...services: readonly string[]): Promise<Container[]> {
    const ids = (await this.compose('ps', '-q', ...services)).split('\n').filter(Boolean);
    if (ids.length === 0) return [];
    interface Inspected {
      Id: string;
      Name: string;
      State: { Pid: number; StartedAt: string; Health?: { Status: string } };
      Config: { Labels: Record<string, string> };
    }
    return (JSON.parse(await this.docker('inspect', ...ids)) as Inspected[]).map(({ Id, Name, State, Config }) => ({
      id: Id,
      service: Config.Labels['com.docker.compose.service'] ?? '',
      name: Name.slice(1),
      pid: State.Pid,
      started_at: State.StartedAt,
      health: State.Health?.Status ?? 'none',
    }));
  }

  /** What a service counts, asked for inside its container as Prometheus does beside it. */
  metrics({ id }: Container): Promise<string> {
    const read = "fetch('http://127.0.0.1:8080/metrics').then((r) => r.text()).then(console.log)";
    return this.docker('exec', id, 'node', '-e', read);
  }

  /** A bearer token, as deploy/README.md says how to get one. */
  token(role: Role, org = 'acme'): Promise<string> {
    const key = `${org}.${role}`;
    const known =
      this.tokens.get(key) ??
      this.compose('run', '--rm', '-T', '--no-deps', 'keys', 'token', '--org', org, '--role', role, '--ttl', '8h');
    this.tokens.set(key, known);
    return known.then((text) => text.trim());
  }

  async ask<T>(role: Role, method: string, path: string, body?: object | FormData): Promise<Answer<T>> {
    const isForm = body instanceof FormData;
    const response = await fetch(`${this.place.origin}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.token(role)}`,
        ...(body && !isForm && { 'content-type': 'application/json' }),
      },
      ...(body && { body: isForm ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as T };
  }

  /** Signs an image with the CLI and uploads it. */
  async publish(
    key: string,
    { file, version, model }: { file: string; version: string; model: string },
  ): Promise<Answer<{ firmware_id: string }>> {
    const bytes = await readFile(file);
    const signed = await this.tool(
      'sign',
      ...['--key', key, '--org', 'acme', '--version', version, '--model', model],
      ...['--release-counter', '1', file],
    );
    const form = new FormData();
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    for (const [name, value] of Object.entries({ version, sha256, models: model, manifest: signed.trim() }))
      form.set(name, value);
    form.set('file', new Blob([new Uint8Array(bytes)]), 'image.bin');
    return this.ask('publisher', 'POST', '/registry/v1/firmware', form);
  }

  /** The command line of this checkout, as on a publisher's machine. */
  tool(...args: readonly string[]): Promise<string> {
    return run(process.execPath, ['apps/cli/dist/main.js', ...args]);
  }

  /** Asks again until the answer is as wanted. @throws Error with the last one when that takes two minutes */
  async eventually<T>(what: string, ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
    let last: unknown;
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(300)) {
      try {
        const answer = await ask();
        if (isRight(answer)) return answer;
        last = answer;
      } catch (error) {
        last = error;
      }
    }
    throw new Error(
      `${what}: not in two minutes; the last answer was ${last instanceof Error ? last.message : JSON.stringify(last)}`,
    );
  }
}

/** A new image file of so many bytes. */
export async function imageFile(folder: string, name: string, size: number): Promise<string> {
  const file = join(folder, name);
  const block = Buffer.alloc(1 << 20, name);
  const bytes = Buffer.alloc(size);
  for (let at = 0, n = 0; at < size; at += block.length, n++) {
    block.writeUInt32BE(n);
    block.copy(bytes, at);
  }
  await writeFile(file, bytes);
  return file;
}
