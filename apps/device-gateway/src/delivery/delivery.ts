import type { DataOf } from '@edgeflow/contracts';
import type { ObjectStore } from '@edgeflow/object-store';
import { presignSeconds } from '../gateway.metrics.js';
import { faultOf, type Unofferable } from './image.js';

/** A download URL lives one hour from its delivery on (DESIGN.md section 1). */
const URL_TTL_S = 3600;

export interface Download {
  url: string;
  url_expires_at: string;
}

/** Makes download URLs, for images that are what they were when they were uploaded. */
export class Delivery {
  constructor(private readonly store: ObjectStore) {}

  /**
   * Looks at the image and presigns its download.
   * @throws Refused `storage-unavailable`
   */
  async prepare(image: Pick<DataOf<'UpdateDispatched'>, 'key' | 'size' | 'sha256'>): Promise<Download | Unofferable> {
    const stop = presignSeconds.startTimer();
    const fault = faultOf(await this.store.head(image.key), image);
    if (fault) return fault;
    const { url, expires_at } = await this.store.presignGet(image.key, URL_TTL_S);
    stop();
    return { url, url_expires_at: expires_at.toISOString() };
  }
}
