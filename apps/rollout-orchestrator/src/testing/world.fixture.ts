import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { DataSource } from 'typeorm';
import {
  trustStream,
  deriveId,
  toEvent,
  type DataOf,
  type Fact,
  type EventStream,
  type StoredEvent,
} from '@edgeflow/contracts';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { openDatabase } from '@edgeflow/fold';
import type { Role } from '@edgeflow/contracts';
import { TokenIssuer } from '@edgeflow/identity';
import { noneWithheld, resourceOf, type RolloutResource } from '@edgeflow/rollout';
import { MemberRow, RolloutRow } from '@edgeflow/rollout-rows';
import { readConfig, type RunningService } from '@edgeflow/service-host';
import {
  startTestNats,
  startTestPostgres,
  storeRaw,
  temporaryFolder,
  type TemporaryFolder,
  type TestNats,
  type TestPostgres,
} from '@edgeflow/testkit';
import { OrchestratorConfig } from '../orchestrator.config.js';
import { startOrchestrator } from '../orchestrator.js';
import { ENTITIES, VERSION } from '../processors/orchestrator.fold.js';

export interface Answer {
  status: number;
  body: Record<string, unknown> & { code?: string; rollout_id?: string };
}

/** Real NATS and Postgres with orchestrators on them, and a pen for what the other services would write. */
export class World {
  log!: EventLog;
  service!: RunningService;
  private nats!: TestNats;
  private database!: DataSource;
  private databaseUrl!: string;
  private readonly started: RunningService[] = [];
  private count = 0;

  private constructor(
    private readonly postgres: TestPostgres,
    private readonly folder: TemporaryFolder,
    private readonly issuer: TokenIssuer,
  ) {}

  static async open(): Promise<World> {
    const [postgres, folder, issuer] = await Promise.all([
      startTestPostgres(),
      temporaryFolder('orchestrator'),
      TokenIssuer.create(),
    ]);
    await writeFile(join(folder.path, 'jwks.json'), JSON.stringify(issuer.jwks()));
    return new World(postgres, folder, issuer);
  }

  /** Empty servers and a first orchestrator. */
  async begin(): Promise<void> {
    this.nats = await startTestNats();
    this.databaseUrl = await this.postgres.freshDatabase();
    await JetStreamLog.provision({ servers: this.nats.url, name: 'spec', organizations: ['acme', 'globex'] });
    this.log = await JetStreamLog.connect({ servers: this.nats.url, name: 'orchestrator-spec' });
    // Signatures are not the matter of most specs.
    await this.policy('optional');
    this.service = await this.start();
    this.database = await openDatabase(this.databaseUrl, {
      schema: 'orchestrator',
      version: VERSION,
      entities: ENTITIES,
    });
  }

  /** As the organization's admin says it. */
  policy(
    signature: 'required' | 'optional',
    rollback: 'allowed' | 'refused' = 'allowed',
    org = 'acme',
  ): Promise<number> {
    const data = { signature, rollback, changed_by: 'spec' };
    return this.happen(trustStream(org), { type: 'SigningPolicyChanged', data });
  }

  async end(): Promise<void> {
    for (const one of this.started.splice(0)) await one.stop();
    await this.database.destroy();
    await this.log.close();
    await this.nats.stop();
  }

  async close(): Promise<void> {
    await this.postgres.stop();
    await this.folder.remove();
  }

  /** Publishes what no writer of ours would, in structured mode: to an inbox, or past it. */
  publish(subject: string, event: object | string): Promise<void> {
    const head = 'NATS/1.0\r\ncontent-type: application/cloudevents+json\r\n\r\n';
    const body = typeof event === 'string' ? event : JSON.stringify(event);
    const { hostname, port } = new URL(this.nats.url);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect(Number(port), hostname);
    const sizes = `${Buffer.byteLength(head)} ${Buffer.byteLength(head + body)}`;
    socket.write(`CONNECT {"headers":true,"verbose":false}\r\nHPUB ${subject} ${sizes}\r\n${head}${body}\r\nPING\r\n`);
    socket.on('data', (data) => void (data.includes('PONG') && socket.end()));
    socket.on('error', reject).on('close', () => resolve());
    return promise;
  }

  /** Hears what is published to NATS from now on. @returns the subjects so far, and the end of the hearing */
  async eavesdrop(): Promise<{ subjects: () => string[]; stop: () => void }> {
    const { hostname, port } = new URL(this.nats.url);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let heard = '';
    const socket = connect(Number(port), hostname);
    socket.write('CONNECT {"headers":true,"verbose":false}\r\nSUB > 1\r\nPING\r\n');
    socket.on('data', (data) => {
      heard += data.toString('latin1');
      if (heard.includes('PONG')) resolve();
      if (data.includes('PING\r\n')) socket.write('PONG\r\n');
    });
    socket.on('error', reject);
    await promise;
    // What the server hands on to a consumer wants an acknowledgement: it was published before.
    const subjects = () => [...heard.matchAll(/^H?MSG (\S+) 1 (?!\$JS\.ACK)/gm)].map(([, subject = '']) => subject);
    return { subjects, stop: () => socket.destroy() };
  }

  /** One more orchestrator on the same servers. */
  async start(change: Record<string, string> = {}): Promise<RunningService> {
    const environment = {
      NATS_URL: this.nats.url,
      DATABASE_URL: this.databaseUrl,
      AUTH_JWKS_URL: pathToFileURL(join(this.folder.path, 'jwks.json')).href,
      LOG_LEVEL: 'fatal',
      // The longest that may be said: specs ask what was decided, not how soon.
      DECISION_WAIT_MS: '30000',
    };
    const running = await startOrchestrator(readConfig(OrchestratorConfig, { ...environment, ...change }));
    this.started.push(running);
    return running;
  }

  /** Makes the log as full as that, 0 to 1, by giving it less room, or more. @returns once every EventLog has seen it */
  async fill(ratio: number): Promise<void> {
    for (let n = 0; n < 100 && this.log.fill().hasRoom; n++) await this.happen(...ballast(`ballast-${this.count}`));
    const { bytes } = await this.log.state();
    await JetStreamLog.provision({ servers: this.nats.url, name: 'spec', max_bytes: Math.ceil(bytes / ratio) });
    await sleep(2_500);
  }

  /** Appends facts to a stream as their owner would, one batch. */
  async happen(stream: EventStream, ...facts: Fact[]): Promise<number> {
    const events = facts.map((fact) => {
      const id = deriveId('evt', String(this.count++));
      return toEvent(stream, fact, { id, source: '/spec', time: new Date().toISOString() });
    });
    return (await this.log.append(events, { after: await this.log.lastPosition(stream) })).last;
  }

  /** Has messages stored as they are, whatever they are. @returns the position of the last one */
  raw(messages: Parameters<typeof storeRaw>[2]): Promise<number> {
    return storeRaw(this.nats.url, this.log, messages);
  }

  firmware(
    version: string,
    { model = 'm1', org = 'acme', ...more }: Partial<DataOf<'FirmwareUploaded'>> & { org?: string } = {},
  ) {
    const firmware_id = deriveId('fw', org, model, version);
    const sha256 = 'a'.repeat(64);
    const key = `firmware/${org}/${version}/${sha256}.bin`;
    const hashes = { sha256, sha1: 'b'.repeat(40), md5: 'c'.repeat(32) };
    const data = { firmware_id, model, models: [model], version, ...hashes, size: 10, key, uploaded_by: 'spec' };
    return this.happen(
      { org, entity: 'firmware', entity_id: firmware_id },
      { type: 'FirmwareUploaded', data: { ...data, ...more } },
    );
  }

  revoke(version: string, { model = 'm1', org = 'acme' } = {}): Promise<number> {
    const firmware_id = deriveId('fw', org, model, version);
    const data = { firmware_id, model, version, revoked_by: 'spec' };
    return this.happen({ org, entity: 'firmware', entity_id: firmware_id }, { type: 'FirmwareRevoked', data });
  }

  async ask(
    method: string,
    path: string,
    body?: object,
    { role = 'operator', org = 'acme', key, url }: { role?: Role; org?: string; key?: string; url?: string } = {},
  ): Promise<Answer> {
    const token = await this.issuer.issue({ org, role, subject: 'ops' }, 60);
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body && { 'content-type': 'application/json' }),
      ...(key && { 'idempotency-key': key }),
    };
    const response = await fetch(`${url ?? this.service.url}/orchestrator/v1/${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  /** Starts a rollout. @returns its id @throws Error with the answer when it was refused */
  async rollout(body: object, org = 'acme'): Promise<string> {
    const answer = await this.ask('POST', 'rollouts', body, { org });
    if (answer.status !== 202) throw new Error(JSON.stringify(answer.body));
    return String(answer.body.rollout_id);
  }

  act(rollout_id: string, action: string, reason = 'the spec'): Promise<Answer> {
    return this.ask('POST', `rollouts/${rollout_id}/${action}`, { reason });
  }

  events(rollout_id: string, org = 'acme'): Promise<StoredEvent[]> {
    return this.log.read({ org, entity: 'rollout', entity_id: rollout_id });
  }

  /** The names of a rollout's events, without the chunks of its plan. */
  async story(rollout_id: string): Promise<string[]> {
    return (await this.events(rollout_id)).map(({ type }) => type).filter((type) => type !== 'RolloutDevicesPlanned');
  }

  async resource(rollout_id: string, org = 'acme'): Promise<RolloutResource | undefined> {
    const row = await this.database.manager.findOneBy(RolloutRow, { org, rollout_id });
    return row ? resourceOf(row.state, new Date(), noneWithheld) : undefined;
  }

  row(rollout_id: string, org = 'acme'): Promise<RolloutRow> {
    return this.database.manager.findOneByOrFail(RolloutRow, { org, rollout_id });
  }

  members(rollout_id: string, where: Partial<MemberRow> = {}): Promise<MemberRow[]> {
    return this.database.manager.find(MemberRow, {
      where: { rollout_id, ...where } as never,
      order: { stage: 'ASC', rank: 'ASC' },
    });
  }

  /** The resource, once it is as wanted. @throws Error with the last one after 20 s */
  async until(
    rollout_id: string,
    wanted: (resource: RolloutResource) => boolean,
    org = 'acme',
  ): Promise<RolloutResource> {
    return eventually(async () => {
      const resource = await this.resource(rollout_id, org);
      return { found: resource && wanted(resource) ? resource : undefined, seen: resource };
    });
  }

  reaches(rollout_id: string, state: RolloutResource['state'], org = 'acme'): Promise<RolloutResource> {
    return this.until(rollout_id, (resource) => resource.state === state, org);
  }
}

/** Looks until something is found. @throws Error with what was seen last after 20 s */
export async function eventually<T>(look: () => Promise<{ found: T | undefined; seen?: unknown }>): Promise<T> {
  for (const until = Date.now() + 20_000; ; await sleep(20)) {
    const { found, seen } = await look();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`still not as wanted: ${JSON.stringify(seen)}`);
  }
}

/** An event that is nobody's business. */
function ballast(device_id: string): [EventStream, Fact] {
  const data = { device_id, revoked_by: 'spec', reason: 'x'.repeat(1_000) };
  return [
    { org: 'nobody', entity: 'device', entity_id: device_id },
    { type: 'DeviceRevoked', data },
  ];
}
