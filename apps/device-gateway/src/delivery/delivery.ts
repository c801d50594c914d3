import type { DataOf } from '@edgeflow/contracts';
import type { ObjectStore } from '@edgeflow/object-store';
import { presignSeconds } from '../gateway.metrics.js';
import { faultOf, foreignImage, type Unofferable } from './image.js';
import type { Shown, Signatures } from './signatures.js';

/** A download URL lives one hour from its delivery on (DESIGN.md section 1). */
const URL_TTL_S = 3600;

export interface Download {
  url: string;
  url_expires_at: string;
}

type Image = Pick<DataOf<'UpdateDispatched'>, 'key' | 'size' | 'sha256' | 'firmware_id' | 'version' | 'model'>;
/** A download with what the device verifies it by. */
export type Offered = Download & Shown;
type Prepared = Offered | Unofferable;

/** Makes download URLs, for images that are what they were when they were uploaded. */
export class Delivery {
  private readonly underWay = new Map<string, Promise<Prepared>>();

  constructor(
    private readonly store: ObjectStore,
    private readonly signatures: Signatures,
  ) {}

  /**
   * Looks at the image and its signature and presigns its download. Devices of one wave want the same image at the same time: who comes
   * while it is looked at gets the same answer. Nothing is kept, so the next one sees the image as it is then.
   * @param org the device's: it is offered nothing of another one
   * @throws Refused `storage-unavailable`, `log-unavailable`
   */
  prepare(org: string, image: Image): Promise<Prepared> {
    const { key, size, sha256, firmware_id, version, model } = image;
    const which = JSON.stringify([org, key, size, sha256, firmware_id, version, model]);
    const before = this.underWay.get(which);
    if (before) return before;
    const looking = this.look(org, image).finally(() => this.underWay.delete(which));
    this.underWay.set(which, looking);
    return looking;
  }

  private async look(org: string, image: Image): Promise<Prepared> {
    const stop = presignSeconds.startTimer();
    const foreign = foreignImage(org, image.key);
    if (foreign) return foreign;
    const [stored, shown] = await Promise.all([this.store.head(image.key), this.signatures.of(org, image, new Date())]);
    const fault = faultOf(stored, image) ?? ('code' in shown ? shown : undefined);
    if (fault) return fault;
    const { url, expires_at } = await this.store.presignGet(image.key, URL_TTL_S);
    stop();
    return { url, url_expires_at: expires_at.toISOString(), ...shown };
  }
}
