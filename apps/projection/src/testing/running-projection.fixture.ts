import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { JetStreamLog } from '@edgeflow/event-log';
import type { Role } from '@edgeflow/contracts';
import { schemasOf } from '@edgeflow/fold';
import { TokenIssuer } from '@edgeflow/identity';
import { readConfig, type RunningService } from '@edgeflow/service-host';
import {
  dropRows,
  headOf,
  startTestNats,
  startTestPostgres,
  storeRaw,
  temporaryFolder,
  type TestPostgres,
} from '@edgeflow/testkit';
import { projectionFold } from '../processors/projection.fold.js';
import { ProjectionConfig } from '../projection.config.js';
import { startProjection } from '../projection.js';
import { Writer } from './writer.fixture.js';

/** The tables of the read models. */
const TABLES = [
  ...['device', 'device_tag', 'device_event', 'firmware'],
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
    const log = await JetStreamLog.connect({ servers: nats.url, name: 'spec' });
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
          `SELECT row_to_json(t)::text AS line FROM ${table} t ORDER BY row_to_json(t)::text COLLATE "C"`,
        );
        found[table] = rows.map(({ line }) => line);
      }
    });
    return found;
  }

  async dropTables(databaseUrl: string): Promise<void> {
    await dropRows(databaseUrl, 'projection');
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.stop();
    await this.closeServers();
  }

  /** Works where the rows are. */
  async sql(databaseUrl: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query(`SET search_path TO ${schemasOf('projection', projectionFold.version).live}`);
    try {
      await work(client);
    } finally {
      await client.end();
    }
  }
}
