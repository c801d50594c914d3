import type { DataOf } from '@edgeflow/contracts';
import { EventLog } from '@edgeflow/event-log';
import { ObjectStore } from '@edgeflow/object-store';
import { presignSeconds } from '../../gateway.metrics.js';
import { faultOf, foreignImage, type Unofferable } from './image.js';
import { Signatures, type Shown, type Vouched } from './signatures.js';

/** A download URL lives one hour from its delivery on (docs/architecture.md, "What is fixed"). */
const URL_TTL_S = 3600;

interface Download {
  url: string;
  url_expires_at: string;
}

type Image = Pick<DataOf<'UpdateDispatched'>, 'key' | 'size' | 'sha256' | 'firmware_id' | 'version' | 'model'>;
type Wanted = Image & Pick<DataOf<'UpdateDispatched'>, 'known_keys'>;
/** A download with what the device verifies it by. */
export type Offered = Download & Shown;
/** A download that is looked at once for all who ask for it at the same time. */
type Looked = (Download & Vouched) | Unofferable;
/** What may be offered, or why nothing may. */
export type Prepared = Offered | Unofferable;

/** Makes download URLs, for images that are what they were when they were uploaded. */
export class Delivery {
  private readonly underWay = new Map<string, Promise<Looked>>();

  constructor(
    private readonly store: ObjectStore,
    private readonly signatures: Signatures,
    private readonly log: EventLog,
  ) {}

  /**
   * Looks at the image and its signature and presigns its download. Devices of one wave want the same image at the same time: who comes
   * while it is looked at gets the same answer, with what its own keys say of the image's. Nothing is kept, so the next one sees the image as it is then.
   * @param org the device's: it is offered nothing of another one
   * @throws Refused `storage-unavailable`, `log-unavailable`
   */
  async prepare(org: string, image: Wanted): Promise<Prepared> {
    const looked = await this.looked(org, image);
    if ('code' in looked) return looked;
    const { url, url_expires_at, shown, statementsFor } = looked;
    return { url, url_expires_at, ...shown, ...statementsFor(image.known_keys) };
  }

  private looked(org: string, image: Image): Promise<Looked> {
    const { key, size, sha256, firmware_id, version, model } = image;
    const which = JSON.stringify([org, key, size, sha256, firmware_id, version, model]);
    const before = this.underWay.get(which);
    if (before) return before;
    const looking = this.look(org, image).finally(() => this.underWay.delete(which));
    this.underWay.set(which, looking);
    return looking;
  }

  private async look(org: string, image: Image): Promise<Looked> {
    const stop = presignSeconds.startTimer();
    const foreign = foreignImage(org, image.key);
    if (foreign) return foreign;
    const [stored, vouched] = await Promise.all([this.store.head(image.key), this.signatures.of(org, image)]);
    const fault = faultOf(stored, image);
    if (fault) return fault;
    if ('code' in vouched) return vouched;
    // By the log's time: a URL that is signed by a wrong clock is refused by the store, or lives too long.
    const { url, expires_at } = await this.store.presignGet(image.key, URL_TTL_S, this.log.clock.now());
    stop();
    return { url, url_expires_at: expires_at.toISOString(), ...vouched };
  }
}
