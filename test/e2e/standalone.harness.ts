import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EdgeFlowClient } from '@edgeflow/client';
import type { Role } from '@edgeflow/contracts';
import { signKeyStatement, signManifest, signingKeyOf, type SigningKey } from '@edgeflow/identity';
import { eventsOf } from '../security/events-of.js';
import { SecretScan, textsOfLogs } from '../security/secret-scan.js';
import { NatsPublisher } from './nats-publisher.js';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';

const PROGRAM = fileURLToPath(new URL('../../apps/standalone/dist/main.js', import.meta.url));
/** What a service logs of it (libs/service-host, undeclared.ts). */
const UNDECLARED = 'a refusal that the API description does not name';
const READY_MS = 120_000;
const PAUSE_MS = 100;

/** What `endpoints.json` says (apps/standalone). */
export interface Endpoints {
  pid: number;
  origin: string;
  http_origin: string;
  ca: string;
  tokens: string;
  device_claims: string;
  nats_url: string;
  nats_ca: string;
  nats_users: string;
  nats_api_prefix: string;
  database_url: string;
  s3: { endpoint: string; region: string; bucket: string; access_key_id: string; secret_access_key: string };
  processes: { name: string; url: string; pid: number }[];
}

/** An answer of a service. */
export interface Answer<T> {
  status: number;
  body: T;
}

export type { Role } from '@edgeflow/contracts';

/** An image with what its publisher says of it. */
export interface TestImage {
  bytes: Buffer;
  sha256: string;
}

/** What a publisher says of an image. */
export interface UploadFields {
  version: string;
  models: string;
  sha256?: string;
  min_version?: string;
  /** All the same where a test says nothing, so that every version may follow every other one. */
  release_counter?: number;
  /** The compact JWS to send in place of a right one. */
  manifest?: string;
}

interface Signing {
  models: string;
  version: string;
  sha256: string;
  size: number;
  release_counter: number;
  expires_at?: string;
}

const NEXT_YEAR = { expires_at: new Date(Date.now() + 31_536_000_000).toISOString() };

export function imageOf(size = 300_000): TestImage {
  const bytes = randomBytes(size);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The real `standalone start`, as an engineer runs it: a process of its own, in a home of its own, on free ports. */
export class StandaloneUnderTest {
  endpoints!: Endpoints;
  /** What it wrote on the console. */
  output = '';
  private child!: ChildProcess;

  private constructor(
    private readonly folder: TemporaryFolder,
    private readonly settings: NodeJS.ProcessEnv,
  ) {}

  /** @param settings on top of the environment of the tests */
  static async start(settings: NodeJS.ProcessEnv = {}): Promise<StandaloneUnderTest> {
    const standalone = new StandaloneUnderTest(await temporaryFolder('e2e'), settings);
    await standalone.begin();
    return standalone;
  }

  get home(): string {
    return join(this.folder.path, 'home');
  }

  /**
   * Starts it, for the first time or again on the same home.
   * @param settings of this run alone
   * @throws Error with its output when it does not start
   */
  async begin(settings: NodeJS.ProcessEnv = {}): Promise<void> {
    this.output = '';
    const file = join(this.home, 'endpoints.json');
    // Of one that was killed.
    await rm(file, { force: true });
    this.child = this.run(settings);
    for (const until = Date.now() + READY_MS; !existsSync(file); await sleep(PAUSE_MS)) {
      if (this.child.exitCode !== null || Date.now() > until)
        throw new Error(`standalone did not start:\n${this.output}`);
    }
    await this.look();
  }

  /** A further start on the same home, which must not be; settles with its exit code and what it said. */
  async second(): Promise<{ code: number; said: string }> {
    const child = this.run();
    let said = '';
    child.stderr?.on('data', (data: Buffer) => (said += data.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, said };
  }

  /** Reads `endpoints.json` again: a process that was started again has another pid. */
  async look(): Promise<Endpoints> {
    this.endpoints = JSON.parse(await readFile(join(this.home, 'endpoints.json'), 'utf8')) as Endpoints;
    return this.endpoints;
  }

  /** Ends it as Ctrl-C does. @returns its exit code */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    this.child.kill('SIGINT');
    await once(this.child, 'close');
    return this.child.exitCode;
  }

  /** Ends one of its processes without warning and waits until it runs again. */
  async kill(name: string): Promise<void> {
    const before = this.pidOf(name);
    process.kill(before, 'SIGKILL');
    for (const until = Date.now() + READY_MS; this.pidOf(name) === before; await sleep(PAUSE_MS)) {
      if (Date.now() > until) throw new Error(`${name} was not started again:\n${this.output}`);
      await this.look();
    }
  }

  /** Ends standalone itself without warning, and nothing else. */
  async killIt(): Promise<void> {
    const closed = once(this.child, 'exit');
    process.kill(this.endpoints.pid, 'SIGKILL');
    await closed;
  }

  /**
   * Ends it, whatever state it is in, and takes its home away.
   * @throws Error with every place where a log or an event holds a secret, and with every refusal that the API description does not name: no
   *   run of any spec may leave one
   */
  async dispose(): Promise<void> {
    try {
      await this.scanTraces();
    } finally {
      await this.stop();
      await this.folder.remove();
    }
  }

  private get runs(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Events only while our own log runs: of one that a test has ended, or of somebody else's, there is nobody to ask. */
  private async scanTraces(): Promise<void> {
    const scan = await SecretScan.of(this.home);
    const ownLog = this.endpoints.nats_users !== undefined;
    const events = this.runs && ownLog ? await eventsOf(this) : [];
    for (const event of events) scan.look(`event ${event.type} ${event.position}`, JSON.stringify(event));
    const logs = Object.entries(await textsOfLogs(this.home));
    for (const [file, text] of logs) scan.look(file, text);
    scan.look('the console', this.output);
    if (scan.leaks.length > 0) throw new Error(`secrets were left behind: ${JSON.stringify(scan.leaks, undefined, 2)}`);
    const undeclared = logs.flatMap(([, text]) => text.split('\n').filter((line) => line.includes(UNDECLARED)));
    if (undeclared.length > 0) throw new Error(`routes lack codes in @Refuses: ${undeclared.join('\n')}`);
  }

  /** A platform team of the org, as it publishes to NATS. */
  async team(org: string): Promise<NatsPublisher> {
    const url = await readFile(join(this.endpoints.nats_users, `publisher-${org}.url`), 'utf8');
    return NatsPublisher.connect(url.trim(), await readFile(this.endpoints.nats_ca, 'utf8'));
  }

  token(org: string, role: Role): Promise<string> {
    return readFile(join(this.endpoints.tokens, `${org}.${role}.token`), 'utf8');
  }

  /** The client of a member of the org, over the plain origin; it does not try again. */
  client(org: string, role: Role): EdgeFlowClient {
    const token = (): Promise<string> => this.token(org, role);
    return new EdgeFlowClient({ origin: this.endpoints.http_origin, token, retry: { tries: 1 } });
  }

  /** A request over the plain origin, as a member of the org. */
  async ask<T>(org: string, role: Role, method: string, path: string, body?: object): Promise<Answer<T>> {
    return answered(await this.client(org, role).ask(method, path, body && { body }));
  }

  /** A manifest for an upload, signed with the key that standalone keeps for the organization's publisher. */
  async sign(org: string, { models, ...stated }: Signing): Promise<string> {
    const { jwk, kid } = await this.publisherKey(org);
    const { version, sha256, size, release_counter, expires_at } = { ...NEXT_YEAR, ...stated };
    return signManifest({ org, models: [models], version, sha256, size, release_counter, expires_at }, jwk, kid);
  }

  /** What the key that standalone keeps for the organization's publisher says of another one. */
  async endorse(org: string, { kid, public_key }: Pick<SigningKey, 'kid' | 'public_key'>): Promise<string> {
    const by = await this.publisherKey(org);
    return signKeyStatement({ org, kid, public_key, issued_at: new Date().toISOString() }, by.jwk, by.kid);
  }

  private async publisherKey(org: string): Promise<SigningKey> {
    const file = join(this.home, 'keys', `${org}.publisher.jwk`);
    return signingKeyOf(JSON.parse(await readFile(file, 'utf8')) as object);
  }

  /** Uploads an image over the plain origin, signed unless `manifest` says otherwise. */
  async upload<T>(org: string, image: TestImage, { release_counter = 1, ...fields }: UploadFields): Promise<Answer<T>> {
    const form = new FormData();
    const stated = { sha256: image.sha256, ...fields };
    const manifest =
      fields.manifest ?? (await this.sign(org, { ...stated, size: image.bytes.length, release_counter }));
    for (const [name, value] of Object.entries({ ...stated, manifest })) form.set(name, value);
    form.set('file', new Blob([new Uint8Array(image.bytes)]), 'image.bin');
    return answered(await this.client(org, 'publisher').ask('POST', '/registry/v1/firmware', { body: form }));
  }

  /** Asks until the answer is as wanted; for read models, which follow. @throws Error with the last answer after 60 s */
  async eventually<T>(ask: () => Promise<Answer<T>>, wanted: (answer: Answer<T>) => boolean): Promise<T> {
    for (const until = Date.now() + READY_MS / 2; ; await sleep(PAUSE_MS)) {
      const answer = await ask();
      if (wanted(answer)) return answer.body;
      if (Date.now() > until) throw new Error(`still not as wanted: ${JSON.stringify(answer)}\n${this.output}`);
    }
  }

  pidOf(name: string): number {
    const member = this.endpoints.processes.find((one) => one.name === name);
    if (!member) throw new Error(`there is no process ${name}`);
    return member.pid;
  }

  private run(settings: NodeJS.ProcessEnv = {}): ChildProcess {
    // Others run at the same time: of two that find NATS's port free one would not start.
    const ports = { EDGEFLOW_PORT: '0', EDGEFLOW_HTTP_PORT: '0', EDGEFLOW_NATS_PORT: '0' };
    const env = { ...process.env, ...ports, ...this.settings, ...settings, EDGEFLOW_HOME: this.home };
    const child = spawn(process.execPath, [PROGRAM, 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (data: Buffer) => (this.output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (this.output += data.toString()));
    return child;
  }
}

async function answered<T>(response: Response): Promise<Answer<T>> {
  return { status: response.status, body: (await response.json()) as T };
}
