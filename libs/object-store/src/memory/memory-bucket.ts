import { createHash } from 'node:crypto';
import type { ListedObject, ObjectHead, OpenUpload } from '../object-store.js';
import { StoreAnswer } from './store-answer.js';

/** What goes with the bytes of an object. */
export interface Attributes {
  metadata: Readonly<Record<string, string>>;
  content_type: string;
}

interface Stored extends Attributes {
  bytes: Buffer;
  modified_at: Date;
  /** What the store attests, if anything. */
  sha256?: string;
  /** Of the upload that it was made by. */
  upload_id?: string;
}

interface Upload extends Attributes {
  key: string;
  started_at: Date;
  parts: Map<number, Buffer>;
}

/** What was sent, and what is kept of it. */
interface Kept {
  bytes: Buffer;
  kept: Buffer;
  about: Attributes;
  isAttested: boolean;
  upload_id?: string;
}

/** Stores say their times in whole seconds. */
const inSeconds = (at: Date): Date => new Date(Math.floor(at.getTime() / 1000) * 1000);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
/** The order of S3's lists: by the bytes of UTF-8. */
const byKey = <T extends { key: string }>(one: T, other: T): number =>
  Buffer.compare(Buffer.from(one.key), Buffer.from(other.key));

/** What a bucket holds: objects, each whole, and uploads that are not ended. Every step is done at once or not at all. */
export class MemoryBucket {
  private readonly objects = new Map<string, Stored>();
  private readonly uploads = new Map<string, Upload>();
  private begun = 0;

  /** @param attests of which objects the store says the SHA-256: none, those of one request, or all */
  constructor(
    private readonly now: () => Date,
    private readonly attests: 'none' | 'single' | 'all',
  ) {}

  /** @param kept what is stored in place of the bytes, by a store that damages them without noticing */
  put(key: string, bytes: Buffer, about: Attributes, kept = bytes): void {
    this.keep(key, { bytes, kept, about, isAttested: this.attests !== 'none' });
  }

  begin(key: string, about: Attributes): string {
    this.begun += 1;
    const id = `upload-${this.begun}`;
    this.uploads.set(id, { ...about, key, started_at: inSeconds(this.now()), parts: new Map() });
    return id;
  }

  putPart(key: string, id: string, number: number, bytes: Buffer): void {
    this.uploadOf(key, id).parts.set(number, Buffer.from(bytes));
  }

  /** The parts become the object, in the order of their numbers. A repeated one, whose first answer was lost, is answered like the first. */
  complete(key: string, id: string): void {
    if (this.objects.get(key)?.upload_id === id) return;
    const { parts, ...about } = this.uploadOf(key, id);
    const bytes = Buffer.concat([...parts].toSorted(([one], [other]) => one - other).map(([, part]) => part));
    this.uploads.delete(id);
    this.keep(key, { bytes, kept: bytes, about, isAttested: this.attests === 'all', upload_id: id });
  }

  abort(key: string, id: string): void {
    this.uploadOf(key, id);
    this.uploads.delete(id);
  }

  head(key: string): ObjectHead {
    const { bytes, metadata, sha256 } = this.objectOf(key);
    return { size: bytes.length, metadata: { ...metadata }, ...(sha256 !== undefined && { sha256 }) };
  }

  /** The bytes as they are now; what becomes of the object afterwards changes nothing of them. */
  bytes(key: string): Buffer {
    return this.objectOf(key).bytes;
  }

  contentType(key: string): string {
    return this.objectOf(key).content_type;
  }

  remove(key: string): void {
    this.objects.delete(key);
  }

  /** A page of the objects whose keys begin with `prefix`, from the first key behind `after` on. */
  page(prefix: string, after: string | undefined, most: number): ListedObject[] {
    const all = [...this.objects].map(([key, { bytes, modified_at }]) => ({ key, size: bytes.length, modified_at }));
    const behind = ({ key }: ListedObject): boolean =>
      after === undefined || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;
    return all
      .filter(({ key }) => key.startsWith(prefix))
      .filter(behind)
      .toSorted(byKey)
      .slice(0, most);
  }

  /** The uploads of keys that begin with `prefix`: a page, from the first behind `after` on. */
  uploadsPage(prefix: string, after: string | undefined, most: number): OpenUpload[] {
    const all = [...this.uploads].map(([upload_id, { key, started_at }]) => ({ key, upload_id, started_at }));
    const sorted = all.filter(({ key }) => key.startsWith(prefix)).toSorted(byKey);
    const last = sorted.findIndex(({ upload_id }) => upload_id === after);
    return sorted.slice(last + 1, last + 1 + most);
  }

  /** Turns a bit of what is stored, as a worn disk does: what the store attests stays what it was. @returns false where there is no such byte */
  rot(key: string, at: number): boolean {
    const object = this.objects.get(key);
    if (!object || at >= object.bytes.length) return false;
    object.bytes = turned(object.bytes, at);
    return true;
  }

  private keep(key: string, { bytes, kept, about, isAttested, upload_id }: Kept): void {
    const { metadata, content_type } = about;
    this.objects.set(key, {
      bytes: Buffer.from(kept),
      metadata: { ...metadata },
      content_type,
      modified_at: inSeconds(this.now()),
      ...(isAttested && { sha256: sha256(bytes) }),
      ...(upload_id !== undefined && { upload_id }),
    });
  }

  private objectOf(key: string): Stored {
    const object = this.objects.get(key);
    if (!object) throw new StoreAnswer('NoSuchKey', 404);
    return object;
  }

  private uploadOf(key: string, id: string): Upload {
    const upload = this.uploads.get(id);
    if (upload?.key !== key) throw new StoreAnswer('NoSuchUpload', 404);
    return upload;
  }
}

/** The same bytes but for one bit, of the byte at a place. */
export function turned(bytes: Buffer, at: number): Buffer {
  const altered = Buffer.from(bytes);
  altered[at] = (altered[at] ?? 0) ^ 1;
  return altered;
}
