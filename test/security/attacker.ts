import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { deriveId, toEvent, type DataOf, type Fact, type Lane } from '@edgeflow/contracts';
import { EventLog } from '@edgeflow/event-log';
import { ObjectStore } from '@edgeflow/object-store';
import type { StandaloneUnderTest, TestImage } from '../e2e/standalone.harness.js';

/** Somebody who holds the servers: every user of NATS, the object store, the database. */
export class Attacker {
  private count = 0;

  private constructor(
    readonly log: EventLog,
    private readonly store: ObjectStore,
  ) {}

  static async of({ endpoints, home }: StandaloneUnderTest): Promise<Attacker> {
    const users = JSON.parse(await readFile(join(home, 'keys', 'nats-users.json'), 'utf8')) as Record<string, string>;
    const log = await EventLog.connect({
      ...{ servers: endpoints.nats_url, user: 'provisioner', password: users['provisioner'] ?? '', name: 'attacker' },
      ca: await readFile(endpoints.nats_ca, 'utf8'),
    });
    return new Attacker(log, new ObjectStore(endpoints.s3));
  }

  /** Writes what he likes, in anybody's name. */
  async write(lane: Lane, fact: Fact): Promise<void> {
    this.count += 1;
    const cause = {
      id: deriveId('evl', String(this.count)),
      source: '/rollout-orchestrator',
      time: new Date().toISOString(),
    };
    await this.log.append([toEvent(lane, fact, cause)], { after: await this.log.lastPosition(lane) });
  }

  /** Puts an object where an image belongs, with the attributes that the gateway looks at. */
  put(key: string, { bytes }: TestImage, sha256: string): Promise<void> {
    return this.store.put(key, Readable.from([bytes]), { metadata: { sha256 } });
  }

  /** Releases a firmware as the registry does. @returns its id and key */
  async release(
    image: TestImage,
    stated: { version: string; model: string; signature?: DataOf<'FirmwareUploaded'>['signature'] },
  ) {
    const { version, model, signature } = stated;
    const firmware_id = deriveId('fw', 'acme', model, version, image.sha256);
    const key = `firmware/acme/${version}/${image.sha256}.bin`;
    await this.put(key, image, image.sha256);
    const about = { firmware_id, model, models: [model], version, sha256: image.sha256, size: image.bytes.length, key };
    const hashes = { sha1: 'b'.repeat(40), md5: 'c'.repeat(32) };
    await this.write(
      { org: 'acme', entity: 'firmware', entity_id: firmware_id },
      { type: 'FirmwareUploaded', data: { ...about, ...hashes, ...(signature && { signature }), uploaded_by: 'root' } },
    );
    return about;
  }

  /** Has the gateway offer an update that nobody has decided. */
  async dispatch(device_id: string, firmware: Partial<DataOf<'UpdateDispatched'>>, number: number): Promise<string> {
    const update_id = `upd_evil_${number}`;
    const data = {
      ...{ update_id, number, device_id, request_id: `req_evil_${number}`, force: true, from_version: '1.0.0' },
      ...{ deadline_at: new Date(Date.now() + 3_600_000).toISOString() },
      ...firmware,
    } as DataOf<'UpdateDispatched'>;
    await this.write({ org: 'acme', entity: 'update', entity_id: device_id }, { type: 'UpdateDispatched', data });
    return update_id;
  }

  async leave(): Promise<void> {
    await this.log.close();
    this.store.close();
  }
}
