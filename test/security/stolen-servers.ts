import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toEvent, type EventName, type Fact, type Lane, type OtaEvent, type StoredEvent } from '@edgeflow/contracts';
import { EventLog } from '@edgeflow/event-log';
import { ObjectStore } from '@edgeflow/object-store';
import { runSql } from '@edgeflow/testkit';
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
    const log = await EventLog.connect({
      ...{ servers: endpoints.nats_url, name: 'thief', user: 'provisioner', password: users['provisioner'] ?? '' },
      ca: await readFile(endpoints.nats_ca, 'utf8'),
    });
    const { endpoint, region, bucket, access_key_id, secret_access_key } = endpoints.s3;
    const store = new ObjectStore({ endpoint, region, bucket, access_key_id, secret_access_key });
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

  /** Appends an event of any service, at the end of its lane. */
  async write<N extends EventName>(lane: Lane, fact: Fact<N>): Promise<void> {
    const about = { id: `evt_${randomUUID()}`, source: '/rollout-orchestrator', time: new Date().toISOString() };
    await this.log.append([toEvent(lane, fact, about) as OtaEvent], { after: await this.log.lastPosition(lane) });
  }

  /** The events of a lane. */
  lane(lane: Lane): Promise<StoredEvent[]> {
    return this.log.read(lane);
  }

  sql(text: string): Promise<Record<string, unknown>[]> {
    return runSql(this.database_url, text);
  }

  async close(): Promise<void> {
    this.store.close();
    await this.log.close();
  }
}

async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
