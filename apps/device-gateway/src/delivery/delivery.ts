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

type Image = Pick<DataOf<'UpdateDispatched'>, 'key' | 'size' | 'sha256'>;
type Prepared = Download | Unofferable;

/** Makes download URLs, for images that are what they were when they were uploaded. */
export class Delivery {
  private readonly underWay = new Map<string, Promise<Prepared>>();

  constructor(private readonly store: ObjectStore) {}

  /**
   * Looks at the image and presigns its download. Devices of one wave want the same image at the same time: who comes while
   * it is looked at gets the same answer. Nothing is kept, so the next one sees the image as it is then.
   * @throws Refused `storage-unavailable`
   */
  prepare(image: Image): Promise<Prepared> {
    const { key, size, sha256 } = image;
    const which = JSON.stringify([key, size, sha256]);
    const before = this.underWay.get(which);
    if (before) return before;
    const looking = this.look(image).finally(() => this.underWay.delete(which));
    this.underWay.set(which, looking);
    return looking;
  }

  private async look(image: Image): Promise<Prepared> {
    const stop = presignSeconds.startTimer();
    const fault = faultOf(await this.store.head(image.key), image);
    if (fault) return fault;
    const { url, expires_at } = await this.store.presignGet(image.key, URL_TTL_S);
    stop();
    return { url, url_expires_at: expires_at.toISOString() };
  }
}
