import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  toEvent,
  type EventName,
  type Fact,
  type EventStream,
  type OtaEvent,
  type StoredEvent,
} from '@edgeflow/contracts';
import { JetStreamLog, onFreshStreams, type EventLog } from '@edgeflow/event-log';
import { type ObjectStore, S3ObjectStore } from '@edgeflow/object-store';
import { runSqlOnRows } from '@edgeflow/testkit';
import { systemClock } from '@edgeflow/runtime';
import type { StandaloneUnderTest, TestImage } from '../e2e/standalone.harness.js';

/** All that somebody can do who owns the servers of an installation, with the very credentials that lie there. */
export class StolenServers {
  private constructor(
    private readonly log: EventLog,
    private readonly store: ObjectStore,
    private readonly database_url: string,
  ) {}

  static async of({ home, endpoints }: StandaloneUnderTest): Promise<StolenServers> {
    const users = JSON.parse(await readFile(join(home, 'keys', 'nats-users.json'), 'utf8')) as Record<string, string>;
    const log = await JetStreamLog.connect({
      ...{ servers: endpoints.nats_url, name: 'thief', user: 'provisioner', password: users['provisioner'] ?? '' },
      ca: await readFile(endpoints.nats_ca, 'utf8'),
    });
    const { endpoint, region, bucket, access_key_id, secret_access_key } = endpoints.s3;
    const store = new S3ObjectStore({ endpoint, region, bucket, access_key_id, secret_access_key }, systemClock);
    return new StolenServers(log, store, endpoints.database_url);
  }

  /** Puts an image in the store, which says of itself what `sha256` says. */
  put(key: string, { bytes }: TestImage, sha256: string): Promise<void> {
    return this.store.put(key, chunk(bytes), { metadata: { sha256 } });
  }

  /** The keys under a prefix. */
  async keys(prefix: string): Promise<string[]> {
    return (await Array.fromAsync(this.store.list(prefix))).map(({ key }) => key);
  }

  /** Appends events of any service side by side at the end of their stream, whoever else writes to it meanwhile. */
  async write<N extends EventName>(stream: EventStream, ...facts: Fact<N>[]): Promise<void> {
    const about = { source: '/rollout-orchestrator', time: new Date().toISOString() };
    await onFreshStreams(async () => {
      const events = facts.map((fact) => toEvent(stream, fact, { ...about, id: `evt_${randomUUID()}` }) as OtaEvent);
      return this.log.append(events, { after: await this.log.lastPosition(stream) });
    });
  }

  /** The events of a stream. */
  stream(stream: EventStream): Promise<StoredEvent[]> {
    return this.log.read(stream);
  }

  /** Says to the orchestrator's rows what their fold did not. */
  sql(text: string): Promise<Record<string, unknown>[]> {
    return runSqlOnRows(this.database_url, 'orchestrator', text);
  }

  async close(): Promise<void> {
    this.store.close();
    await this.log.close();
  }
}

async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
