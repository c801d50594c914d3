import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { laneSubject, type OtaEvent } from '@edgeflow/contracts';
import { EventLog } from '@edgeflow/event-log';
import type { Role } from '@edgeflow/contracts';
import { TokenIssuer } from '@edgeflow/identity';
import { readConfig, type RunningService } from '@edgeflow/service-host';
import {
  headOf,
  startTestNats,
  startTestPostgres,
  storeRaw,
  temporaryFolder,
  type TestPostgres,
} from '@edgeflow/testkit';
import { ProjectionConfig } from '../projection.config.js';
import { startProjection } from '../start-projection.js';

/** The tables of the read models. */
const TABLES = [
  ...['device', 'device_event', 'firmware'],
  ...['rollout', 'rollout_member', 'rollout_exclusion', 'rollout_event'],
  ...['audit', 'audit_head', 'api_key', 'claim', 'request', 'set_aside'],
];

/** An answer over HTTP; a problem document is a body like another. */
export interface Answer {
  status: number;
  headers: Headers;
  // Specs look into bodies freely: what is not there fails their expectation.
  body: Record<string, never> & { items: Record<string, unknown>[]; next_cursor: string | null; position: number };
}

/** Writes to the log as the owners of all lanes at once: it knows the last position of each lane it wrote to. */
export class Writer {
  private readonly lanes = new Map<string, number>();

  constructor(readonly log: EventLog) {}

  /** Appends the events as one atomic batch. @returns the position of the last one */
  readonly tell = async (...events: readonly OtaEvent[]): Promise<number> => {
    const after = new Map(events.map((event) => [laneSubject(event), this.lanes.get(laneSubject(event)) ?? 0]));
    const { first, last } = await this.log.append(events, { after });
    events.forEach((event, index) => this.lanes.set(laneSubject(event), first + index));
    return last;
  };
}

/** Real NATS and Postgres, and as many projections on them as a spec starts. */
export class World {
  private readonly services = new Set<RunningService>();

  private constructor(
    private readonly issuer: TokenIssuer,
    private readonly env: { NATS_URL: string; AUTH_JWKS_URL: string },
    readonly postgres: TestPostgres,
    readonly writer: Writer,
    private readonly closeServers: () => Promise<void>,
  ) {}

  static async open(): Promise<World> {
    const [nats, postgres, folder, issuer] = await Promise.all([
      startTestNats(),
      startTestPostgres(),
      temporaryFolder('projection'),
      TokenIssuer.create(),
    ]);
    const jwks = join(folder.path, 'jwks.json');
    await writeFile(jwks, JSON.stringify(issuer.jwks()));
    const log = await EventLog.connect({ servers: nats.url, name: 'spec' });
    const env = { NATS_URL: nats.url, AUTH_JWKS_URL: pathToFileURL(jwks).href };
    return new World(issuer, env, postgres, new Writer(log), async () => {
      await log.close();
      await Promise.all([nats.stop(), postgres.stop(), folder.remove()]);
    });
  }

  /** Starts a projection on this database. */
  async start(databaseUrl: string): Promise<RunningService> {
    const env = { ...this.env, DATABASE_URL: databaseUrl, LOG_LEVEL: 'error' };
    const service = await startProjection(readConfig(ProjectionConfig, env));
    this.services.add(service);
    return service;
  }

  async stop(service: RunningService): Promise<void> {
    this.services.delete(service);
    await service.stop();
  }

  /** Publishes what no writer of ours would: a request as a team may send it, in structured mode. */
  async publish(subject: string, event: object): Promise<void> {
    const head = headOf({ 'content-type': 'application/cloudevents+json' });
    await this.raw([{ subject, head, body: JSON.stringify(event) }]);
  }

  /** Publishes any bytes. @returns the position of the last message */
  raw(messages: Parameters<typeof storeRaw>[2]): Promise<number> {
    return storeRaw(this.env.NATS_URL, this.writer.log, messages);
  }

  /** Asks a projection as a viewer of `org`. */
  async get(service: RunningService, path: string, org = 'acme', role: Role = 'viewer'): Promise<Answer> {
    const token = await this.issuer.issue({ org, role, subject: 'spec' }, 60);
    const response = await fetch(`${service.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text) as Answer['body'] };
  }

  /** All rows of all read models, in the order of their keys, as text that is the same when the rows are. */
  async rows(databaseUrl: string): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {};
    await this.sql(databaseUrl, async (client) => {
      for (const table of TABLES) {
        const { rows } = await client.query<{ line: string }>(
          `SELECT row_to_json(t)::text AS line FROM projection.${table} t ORDER BY row_to_json(t)::text COLLATE "C"`,
        );
        found[table] = rows.map(({ line }) => line);
      }
    });
    return found;
  }

  async dropTables(databaseUrl: string): Promise<void> {
    await this.sql(databaseUrl, async (client) => void (await client.query('DROP SCHEMA projection CASCADE')));
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.stop();
    await this.closeServers();
  }

  async sql(databaseUrl: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      await work(client);
    } finally {
      await client.end();
    }
  }
}
