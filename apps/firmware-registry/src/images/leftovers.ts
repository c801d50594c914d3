import { Injectable } from '@nestjs/common';
import { Refused } from '@edgeflow/contracts';
import { IMAGE_PREFIX, imageAddressOf } from '@edgeflow/firmware';
import { ObjectStore } from '@edgeflow/object-store';
import { logger } from '@edgeflow/telemetry';
import { Catalog } from '../catalog.js';
import { KeyClaims } from './key-claims.js';

/** What is in the object store without an event that names it. Keys that an upload of this process works on are left alone. */
@Injectable()
export class Leftovers {
  constructor(
    private readonly store: ObjectStore,
    private readonly catalog: Catalog,
    private readonly claims: KeyClaims,
  ) {}

  /**
   * Runs an upload to this key. When it fails, what it left is removed.
   * @throws what `upload` throws; trouble with the removal is for the sweep
   */
  async cleanedUp<T>(key: string, upload: () => Promise<T>): Promise<T> {
    try {
      return await this.claims.hold(key, upload);
    } catch (error) {
      // A log that does not answer may have stored the event, and then the image must stay: the sweep will know.
      if (!(error instanceof Refused && error.code === 'log-unavailable')) await this.removeSafely(key);
      throw error;
    }
  }

  /**
   * Removes an image that no event names.
   * @returns true when it was removed
   * @throws Refused `storage-unavailable`, `log-unavailable`: then it stays, for the sweep to find
   */
  remove(key: string): Promise<boolean> {
    return this.claims.clear(key, async () => {
      if (!(await this.store.head(key)) || (await this.catalog.isReferenced(key))) return false;
      await this.store.remove(key);
      logger.info({ key }, 'removed an image that no event names');
      return true;
    });
  }

  /** The keys of images stored before `before` that no event names. What the registry has not named is not its to judge. */
  async find(before: Date): Promise<string[]> {
    // The log first: an image that is announced meanwhile is too young, or held.
    const isReferenced = await this.catalog.referenced();
    const keys: string[] = [];
    for await (const { key, modified_at } of this.store.list(IMAGE_PREFIX)) {
      if (modified_at <= before && imageAddressOf(key) && !isReferenced(key)) keys.push(key);
    }
    return keys;
  }

  /** Aborts multipart uploads started before `before`. @returns how many */
  async abortUploads(before: Date): Promise<number> {
    let aborted = 0;
    for await (const { key, upload_id, started_at } of this.store.openUploads(IMAGE_PREFIX)) {
      if (started_at > before || this.claims.isHeld(key)) continue;
      await this.store.abortUpload(key, upload_id);
      aborted += 1;
    }
    return aborted;
  }

  private async removeSafely(key: string): Promise<void> {
    try {
      await this.remove(key);
    } catch (error) {
      logger.warn({ err: error, key }, 'could not see to what a failed upload may have left; the sweep will');
    }
  }
}
