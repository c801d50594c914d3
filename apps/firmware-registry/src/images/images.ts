import { createHash } from 'node:crypto';
import { Refused } from '@edgeflow/contracts';
import type { ObjectStore } from '@edgeflow/object-store';

/** What an image in the store must be. */
interface Expected {
  sha256: string;
  /** Bytes. */
  size: number;
}

/** The images in the object store. */
export class Images {
  constructor(private readonly store: ObjectStore) {}

  /** Stores an image as it streams in. When `bytes` throws, that is thrown on and nothing is stored. @throws Refused `storage-unavailable` */
  put(key: string, sha256: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    // The attested checksum of a multipart object is composite; the gateway compares this one before it offers the image.
    return this.store.put(key, bytes, { metadata: { sha256 }, content_type: 'application/octet-stream' });
  }

  /** Does the store say that it has the image? It is not read. @throws Refused `storage-unavailable` */
  async has(key: string, { sha256, size }: Expected): Promise<boolean> {
    const stored = await this.store.head(key);
    if (!stored || stored.size !== size || stored.metadata['sha256'] !== sha256) return false;
    return stored.sha256 === undefined || stored.sha256 === sha256;
  }

  /** Reads the image back and compares it. @throws Refused `storage-unavailable`, also when other bytes come back than were sent */
  async verify(key: string, expected: Expected): Promise<void> {
    const intact = (await this.has(key, expected)) && (await this.hashOf(key)) === expected.sha256;
    if (!intact) throw new Refused('storage-unavailable', 'The object store did not give the image back unchanged.');
  }

  private async hashOf(key: string): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of await this.store.read(key)) hash.update(chunk as Uint8Array);
    return hash.digest('hex');
  }
}
