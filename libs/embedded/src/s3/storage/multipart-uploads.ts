import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@edgeflow/runtime';
import { contentOf, type Content } from '../body/digest.js';
import { S3Error } from '../s3-error.js';
import type { Bucket } from './bucket.js';
import { freshName, isMissing, syncFolder, writeDurably } from '../../files/durable-files.js';
import type { ObjectAttributes, ObjectRecord } from './object-record.js';
import { chooseParts, compositeEtag, type NamedPart, type Part } from './parts.js';

export interface Upload extends ObjectAttributes {
  upload_id: string;
  key: string;
  /** ISO 8601, UTC. */
  started_at: string;
}

const UPLOAD_ID = /^[0-9a-f]{32}$/;
const READ_BYTES = 256 * 1024;

/** Multipart uploads of one bucket: a folder each, with `upload.json`, and per part a data file and `<number>.json`. */
export class MultipartUploads {
  constructor(private readonly bucket: Bucket) {}

  async create(key: string, { headers, metadata }: ObjectAttributes): Promise<Upload> {
    const upload: Upload = {
      upload_id: freshName(),
      key,
      started_at: systemClock.now().toISOString(),
      headers,
      metadata,
    };
    // It appears with its record inside, or not at all.
    const fresh = join(this.bucket.scratch, upload.upload_id);
    await mkdir(fresh);
    await writeDurably(join(fresh, 'upload.json'), JSON.stringify(upload), this.bucket.scratch);
    await rename(fresh, this.folder(upload));
    await syncFolder(this.bucket.uploads);
    return upload;
  }

  /** @throws S3Error NoSuchUpload, also for the upload of another key */
  async get(key: string, uploadId: string): Promise<Upload> {
    const upload = UPLOAD_ID.test(uploadId) ? await this.read(uploadId) : undefined;
    if (upload?.key !== key) throw new S3Error('NoSuchUpload');
    return upload;
  }

  /** Every open upload, by key and then by start. */
  async list(): Promise<Upload[]> {
    const all = await Promise.all((await readdir(this.bucket.uploads)).map((id) => this.read(id)));
    const open = all.filter((upload) => upload !== undefined);
    return open.sort((one, other) => compare(one.key, other.key) || compare(orderOf(one), orderOf(other)));
  }

  /** Stores a part; a second one of the same number replaces the first. @throws S3Error NoSuchUpload when it was aborted meanwhile */
  async putPart(upload: Upload, number: number, { chunks, digest }: Content): Promise<Part> {
    const folder = this.folder(upload);
    const file = freshName();
    return whileOpen(async () => {
      await writeDurably(join(folder, file), chunks, this.bucket.scratch);
      const sums = { etag: digest.of('md5').toString('hex'), sha256: digest.of('sha256').toString('hex') };
      const part: Part = { number, file, size: digest.size, ...sums, modified_at: systemClock.now().toISOString() };
      await writeDurably(join(folder, `${number}.json`), JSON.stringify(part), this.bucket.scratch);
      return part;
    });
  }

  /** The parts that are there, by number. */
  async parts(upload: Upload): Promise<Part[]> {
    const names = (await whileOpen(() => readdir(this.folder(upload)))).filter((name) => /^\d+\.json$/.test(name));
    const parts = await Promise.all(names.map((name) => this.readJson<Part>(join(this.folder(upload), name))));
    return parts.filter((part) => part !== undefined).sort((one, other) => one.number - other.number);
  }

  /**
   * Makes one object of the named parts: copied in order into one new file, so that it is read and hashed as one.
   * @throws S3Error InvalidPart, InvalidPartOrder, EntityTooSmall, PreconditionFailed
   */
  async complete(upload: Upload, named: readonly NamedPart[], only_if_absent: boolean): Promise<ObjectRecord> {
    const parts = chooseParts(await this.parts(upload), named);
    const { key, headers, metadata, upload_id } = upload;
    const content = contentOf(this.bytesOf(upload, parts), ['sha256']);
    const etag = (): string => compositeEtag(parts);
    const options = { headers, metadata, only_if_absent, etag, upload_id };
    const record = await whileOpen(() => this.bucket.put(key, content, options));
    // Somebody else may have completed or aborted it in the meantime; the object stands.
    await this.abort(upload).catch(ignoreNoSuchUpload);
    return record;
  }

  /** Ends an upload and frees its space. @throws S3Error NoSuchUpload */
  async abort(upload: Upload): Promise<void> {
    // One rename makes it vanish whole; a crash while files are deleted leaves no half upload.
    const gone = join(this.bucket.scratch, freshName());
    await whileOpen(() => rename(this.folder(upload), gone));
    await syncFolder(this.bucket.uploads);
    await rm(gone, { recursive: true, force: true });
  }

  private async *bytesOf(upload: Upload, parts: readonly Part[]): AsyncGenerator<Buffer> {
    for (const { file } of parts) {
      yield* createReadStream(join(this.folder(upload), file), { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>;
    }
  }

  private read(uploadId: string): Promise<Upload | undefined> {
    return this.readJson<Upload>(join(this.bucket.uploads, uploadId, 'upload.json'));
  }

  private async readJson<T>(path: string): Promise<T | undefined> {
    try {
      return JSON.parse(await readFile(path, 'utf8')) as T;
    } catch (error) {
      // Half of one: whoever uploads has not been told that it is there.
      if (isMissing(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  private folder({ upload_id }: Upload): string {
    return join(this.bucket.uploads, upload_id);
  }
}

/** A missing file means that the upload was completed or aborted under our hands. @throws S3Error NoSuchUpload */
async function whileOpen<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isMissing(error) ? new S3Error('NoSuchUpload') : error;
  }
}

function ignoreNoSuchUpload(error: unknown): void {
  if (!(error instanceof S3Error && error.code === 'NoSuchUpload')) throw error;
}

function orderOf({ started_at, upload_id }: Upload): string {
  return `${started_at} ${upload_id}`;
}

function compare(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
