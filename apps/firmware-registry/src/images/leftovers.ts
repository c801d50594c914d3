import { Refused } from '@edgeflow/contracts';
import { IMAGE_PREFIX, imageAddressOf } from '@edgeflow/firmware';
import type { ObjectStore } from '@edgeflow/object-store';
import { logger } from '@edgeflow/telemetry';
import type { Catalog } from '../catalog.js';
import type { KeyClaims } from './key-claims.js';

/** What is in the object store without an event that names it. Keys that an upload of this process works on are left alone. */
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
   * Removes an image that no firmware has (any more).
   * @returns true when it was removed
   * @throws Refused `storage-unavailable`, `log-unavailable`: then it stays, for the sweep to find
   */
  remove(key: string): Promise<boolean> {
    return this.claims.clear(key, async () => {
      if (!(await this.store.head(key)) || (await this.catalog.isReferenced(key))) return false;
      await this.store.remove(key);
      logger.info({ key }, 'removed an image that no firmware has');
      return true;
    });
  }

  /** Removes the image of a firmware that was deleted, unless another one has it. Trouble with it is for the sweep. */
  async removeSafely(key: string): Promise<void> {
    try {
      await this.remove(key);
    } catch (error) {
      logger.warn({ err: error, key }, 'could not see to an image that nobody needs any more; the sweep will');
    }
  }

  /**
   * The keys of images stored before `before` that no firmware has: of `deleted` ones, and what nothing ever named. What the registry has
   * not named is not its to judge.
   */
  async find(before: Date): Promise<{ deleted: string[]; unknown: string[] }> {
    // The log first: an image that is announced meanwhile is too young, or held.
    const { isReferenced, wasDeleted } = await this.catalog.references();
    const found = { deleted: [] as string[], unknown: [] as string[] };
    for await (const { key, modified_at } of this.store.list(IMAGE_PREFIX)) {
      if (modified_at > before || !imageAddressOf(key) || isReferenced(key)) continue;
      found[wasDeleted(key) ? 'deleted' : 'unknown'].push(key);
    }
    return found;
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
}
