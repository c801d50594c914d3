import { Refused } from '@edgeflow/contracts';
import { firmwareIdOf, imageKeyOf, imageRefusal, refusalOf, statementRefusal } from '@edgeflow/firmware';
import type { FirmwareState, Measured, Statement } from '@edgeflow/firmware';
import { inSpan, logger } from '@edgeflow/telemetry';
import type { Catalog } from '../catalog.js';
import type { RegistryConfig } from '../registry.config.js';
import type { Images } from '../images/images.js';
import type { Leftovers } from '../images/leftovers.js';
import { measured } from './measured-image.js';
import type { UploadAnswer } from '../http/upload.dto.js';

/** How an upload has ended: `created` is false when all of it was there already, but for its signature perhaps. */
export interface Uploaded {
  created: boolean;
  answer: UploadAnswer;
}

/** Takes images from publishers: check, store, verify, announce, in this order. */
export class Uploads {
  constructor(
    private readonly catalog: Catalog,
    private readonly images: Images,
    private readonly leftovers: Leftovers,
    private readonly config: Pick<RegistryConfig, 'UPLOAD_MAX_BYTES' | 'DDI_ORGANIZATIONS'>,
  ) {}

  /**
   * Stores an image and makes it the firmware of the stated models. An image that is there already is read and compared, no more.
   * On any failure nothing is left in the store.
   * @param signedSize what the manifest says of the image, in bytes
   * @throws Refused `version-invalid`, `invalid-request`, `version-exists`, `firmware-revoked` before the first byte is read;
   *   `manifest-mismatch`, `upload-too-large`, `checksum-mismatch`, and what the image's stream, the store and the log refuse, after it
   */
  async upload(
    statement: Statement,
    signedSize: number | undefined,
    image: AsyncIterable<Uint8Array>,
  ): Promise<Uploaded> {
    const existing = await this.check(statement);
    return this.leftovers.cleanedUp(imageKeyOf(statement), async () => {
      const received = await this.receive(statement, existing, image, signedSize);
      const { changed, created, position } = await this.catalog.release(statement, received);
      const answer = answerOf(statement, received, position);
      const { org, version } = statement;
      const { firmwares, size } = answer;
      const known = changed ? 'firmware signed again' : 'firmware was there already';
      logger.info({ org, version, firmwares, size, position }, created ? 'firmware released' : known);
      return { created, answer };
    });
  }

  private async check(statement: Statement): Promise<FirmwareState[]> {
    refuse(statementRefusal(statement));
    const states = await this.catalog.statesOf(statement);
    for (const state of states) refuse(refusalOf(state, statement.sha256));
    return states;
  }

  private async receive(
    statement: Statement,
    existing: readonly FirmwareState[],
    image: AsyncIterable<Uint8Array>,
    signedSize: number | undefined,
  ): Promise<Measured> {
    const accepted = Promise.withResolvers<Measured>();
    const bytes = measured(image, {
      max_bytes: this.config.UPLOAD_MAX_BYTES,
      for_ddi: this.config.DDI_ORGANIZATIONS.includes(statement.org),
      accept: (result) => {
        refuse(imageRefusal(statement, result));
        refuse(sizeRefusal(signedSize, result));
        accepted.resolve(result);
      },
    });
    if (await this.isStored(existing)) await readAll(bytes);
    else await this.store(statement, bytes, accepted.promise);
    return accepted.promise;
  }

  /** All models are released, and their image is where it should be. When it is not, this upload brings it back. */
  private async isStored(existing: readonly FirmwareState[]): Promise<boolean> {
    for (const state of existing) {
      if (!('upload' in state) || !(await this.images.has(state.upload.key, state.upload))) return false;
    }
    return true;
  }

  private async store(
    statement: Statement,
    bytes: AsyncIterable<Uint8Array>,
    accepted: Promise<Measured>,
  ): Promise<void> {
    const key = imageKeyOf(statement);
    await inSpan('store image', { attributes: { 'firmware.key': key } }, async () => {
      await this.images.put(key, statement.sha256, bytes);
      await this.images.verify(key, await accepted);
    });
  }
}

/** What the publisher gets to know of an image that is stored and announced. */
function answerOf(statement: Statement, { sha256, size }: Measured, position: number): UploadAnswer {
  const { org, version, models, signature } = statement;
  const firmwares = models.map((model) => ({ model, firmware_id: firmwareIdOf(org, model, version) }));
  const firmware_id = firmwares[0]?.firmware_id ?? '';
  const key = imageKeyOf(statement);
  const signed = signature && { signed_by: signature.kid, release_counter: signature.release_counter };
  return { firmware_id, version, sha256, size, key, models: [...models], firmwares, ...signed, position };
}

/** Said before the image is kept: a manifest for another size is one for another image. */
function sizeRefusal(signed: number | undefined, { size }: Measured): Refused | undefined {
  if (signed === undefined || signed === size) return undefined;
  return new Refused('manifest-mismatch', `The manifest is for ${signed} bytes, the image has ${size}.`, { size });
}

function refuse(refusal: Refused | undefined): void {
  if (refusal) throw refusal;
}

async function readAll(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const reader = bytes[Symbol.asyncIterator]();
  while (!(await reader.next()).done);
}
