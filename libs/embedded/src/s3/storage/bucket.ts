import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyedMutex } from '@edgeflow/configuration/keyed-mutex';
import { systemClock } from '@edgeflow/runtime';
import type { Content } from '../body/digest.js';
import { S3Error } from '../s3-error.js';
import { freshName, isMissing, syncFolder, writeDurably } from '../../files/durable-files.js';
import type { ObjectAttributes, ObjectRecord } from './object-record.js';
import { SharedFiles, type SharedFile } from './shared-files.js';

export interface PutOptions extends ObjectAttributes {
  /** Refuse when the key exists. */
  only_if_absent: boolean;
  /** Instead of the MD5 of the content. */
  etag?: () => string;
  upload_id?: string;
}

/**
 * The objects of one bucket on disk: `data/<random name>` holds the bytes, `records/<SHA-256 of the key>.json` says whose they
 * are. No part of a path ever comes from a client. Renaming the record into place is the moment an object appears, and
 * data without a record is swept at the next start. The records are also kept in memory: one process owns the folder.
 */
export class Bucket {
  private readonly records = new Map<string, ObjectRecord>();
  private sorted: readonly string[] | undefined;
  private readonly mutex = new KeyedMutex();
  private readonly files = new SharedFiles();

  private constructor(private readonly dir: string) {}

  /** Opens the folder of a bucket, makes it when it is new, and clears what a crash left half done. */
  static async open(dir: string): Promise<Bucket> {
    const bucket = new Bucket(dir);
    await rm(bucket.scratch, { recursive: true, force: true });
    for (const name of ['data', 'records', 'uploads', 'scratch']) await mkdir(join(dir, name), { recursive: true });
    await bucket.load();
    return bucket;
  }

  /** For files that are being written. */
  get scratch(): string {
    return join(this.dir, 'scratch');
  }

  /** Where multipart uploads keep their parts. */
  get uploads(): string {
    return join(this.dir, 'uploads');
  }

  find(key: string): ObjectRecord | undefined {
    return this.records.get(key);
  }

  /** @throws S3Error NoSuchKey */
  get(key: string): ObjectRecord {
    const record = this.records.get(key);
    if (!record) throw new S3Error('NoSuchKey');
    return record;
  }

  /** Every key, in the order of its UTF-8 bytes, which is S3's. */
  keys(): readonly string[] {
    this.sorted ??= [...this.records.keys()]
      .map((key) => ({ key, bytes: Buffer.from(key) }))
      .sort((one, other) => Buffer.compare(one.bytes, other.bytes))
      .map(({ key }) => key);
    return this.sorted;
  }

  /**
   * Stores an object; the old one stays until the new one is there whole. Content that throws leaves everything as it was.
   * @throws S3Error PreconditionFailed, and what reading the content throws
   */
  async put(key: string, { chunks, digest }: Content, options: PutOptions): Promise<ObjectRecord> {
    const { headers, metadata, only_if_absent, etag, upload_id } = options;
    if (only_if_absent) this.assertAbsent(key);
    const file = freshName();
    await writeDurably(this.dataPath(file), chunks, this.scratch);
    return this.mutex.run(key, async () => {
      try {
        if (only_if_absent) this.assertAbsent(key);
        const sha256 = digest.of('sha256').toString('hex');
        const sums = { size: digest.size, etag: etag?.() ?? digest.of('md5').toString('hex'), sha256 };
        const modified_at = systemClock.now().toISOString();
        const record: ObjectRecord = { key, file, ...sums, modified_at, headers, metadata, upload_id };
        await this.commit(record);
        return record;
      } catch (error) {
        await rm(this.dataPath(file), { force: true });
        throw error;
      }
    });
  }

  /** Removes an object; one that is not there counts as removed. Downloads that run go on to their end. */
  async remove(key: string): Promise<void> {
    await this.mutex.run(key, async () => {
      const record = this.records.get(key);
      if (!record) return;
      await rm(this.recordPath(key), { force: true });
      await syncFolder(join(this.dir, 'records'));
      this.records.delete(key);
      this.sorted = undefined;
      await rm(this.dataPath(record.file), { force: true });
    });
  }

  /**
   * An object with its bytes, which the caller closes.
   * @throws S3Error NoSuchKey, ObjectDamaged when the data file is gone
   */
  async open(key: string): Promise<{ record: ObjectRecord; file: SharedFile }> {
    const record = this.get(key);
    try {
      return { record, file: await this.files.open(this.dataPath(record.file)) };
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (this.records.get(key) === record) throw new S3Error('ObjectDamaged', 'The stored file is missing');
      return this.open(key); // it was replaced or removed just now
    }
  }

  private async commit(record: ObjectRecord): Promise<void> {
    const before = this.records.get(record.key);
    await writeDurably(this.recordPath(record.key), JSON.stringify(record), this.scratch);
    this.records.set(record.key, record);
    if (before) await rm(this.dataPath(before.file), { force: true });
    else this.sorted = undefined;
  }

  private assertAbsent(key: string): void {
    if (this.records.has(key)) throw new S3Error('PreconditionFailed');
  }

  private dataPath(file: string): string {
    return join(this.dir, 'data', file);
  }

  private recordPath(key: string): string {
    return join(this.dir, 'records', `${createHash('sha256').update(key).digest('hex')}.json`);
  }

  private async load(): Promise<void> {
    const records = join(this.dir, 'records');
    const names = (await readdir(records)).filter((name) => name.endsWith('.json'));
    const read = await Promise.all(names.map((name) => recordIn(join(records, name))));
    for (const record of read) if (record) this.records.set(record.key, record);
    // What a damaged record meant may still be there, and somebody may want to look for it.
    if (this.records.size < names.length) return;
    const used = new Set([...this.records.values()].map(({ file }) => file));
    const orphans = (await readdir(join(this.dir, 'data'))).filter((file) => !used.has(file));
    for (const file of orphans) await rm(this.dataPath(file));
  }
}

/** The record in a file; undefined when it is damaged, which is said on stderr: the object counts as not there. */
async function recordIn(path: string): Promise<ObjectRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as ObjectRecord;
    if (typeof record.key === 'string' && typeof record.file === 'string') return record;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  process.stderr.write(`${path} is damaged: its object counts as missing; upload it again, then delete the file\n`);
  return undefined;
}
