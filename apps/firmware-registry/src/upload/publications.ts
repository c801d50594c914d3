import { Refused } from '@edgeflow/contracts';
import type { Caller } from '@edgeflow/identity';
import type { Retention } from '../deletion/retention.js';
import type { UploadFields } from '../http/upload.dto.js';
import type { RegistryConfig } from '../registry.config.js';
import type { Manifests } from '../trust/manifests.js';
import { readThrough } from './measured-image.js';
import type { Uploaded, Uploads } from './uploads.js';

/** Who publishes. */
export type Publisher = Pick<Caller, 'org' | 'subject'>;

/** Takes firmware from publishers, however it comes in: its manifest, then the image. */
export class Publications {
  constructor(
    private readonly uploads: Uploads,
    private readonly manifests: Manifests,
    private readonly retention: Retention,
    private readonly config: Pick<RegistryConfig, 'UPLOAD_MAX_BYTES'>,
  ) {}

  /**
   * Verifies the manifest, takes the image, and has what it pushes out looked at.
   * @param fields in the shape of their class: whoever takes them in has checked that
   * @throws Refused what `Manifests.verify` and `Uploads.upload` refuse
   */
  async publish(
    { org, subject }: Publisher,
    fields: UploadFields,
    image: AsyncIterable<Uint8Array>,
  ): Promise<Uploaded> {
    const { manifest, ...stated } = { ...fields, org, uploaded_by: subject.slice(0, 256) };
    const signed = await this.manifests.verify(stated, manifest).catch(async (refusal: unknown) => {
      // A manifest that comes too late is another mistake than none.
      if (manifest === undefined && isUnsigned(refusal)) await readThrough(image, this.config.UPLOAD_MAX_BYTES);
      throw refusal;
    });
    const statement = { ...stated, ...(signed && { signature: signed.signature }) };
    const uploaded = await this.uploads.upload(statement, signed?.size, image);
    if (uploaded.created) this.retention.uploaded(org);
    return uploaded;
  }
}

function isUnsigned(refusal: unknown): boolean {
  return refusal instanceof Refused && refusal.code === 'signature-required';
}
