import { Refused, type FirmwareSignature } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { manifestRefusal, trustedKey, unsignedRefusal, type Signable } from '@edgeflow/firmware';
import { flattenedOf, readManifest } from '@edgeflow/identity';
import type { Trusted } from './organization-trust.js';

/** A signature that is good for a firmware as far as it was stated; `size` is what it says of the image. */
export interface Signed {
  signature: FirmwareSignature;
  size: number;
}

/** Verifies manifests against what their organization trusts. */
export class Manifests {
  constructor(
    private readonly log: EventLog,
    private readonly trusted: Trusted,
  ) {}

  /**
   * The signature of a firmware, verified; undefined for an unsigned one where the policy does without.
   * @throws Refused `signature-required`, `signature-invalid`, `signing-key-unknown`, `signing-key-revoked`, `manifest-mismatch`,
   *   `manifest-expired`, `log-unavailable`
   */
  async verify(wanted: Signable, compact: string | undefined): Promise<Signed | undefined> {
    const trust = await this.trusted.of(wanted.org);
    if (compact === undefined) return nothing(unsignedRefusal(trust));
    const { kid, manifest } = await readManifest(compact, (id) => trustedKey(trust, id)).catch(asOfUpload);
    const refusal = manifestRefusal(wanted, manifest, this.log.clock.now());
    if (refusal) throw refusal;
    const { release_counter, expires_at, allow_downgrade, size } = manifest;
    const about = { kid, release_counter, expires_at, ...(allow_downgrade && { allow_downgrade }) };
    return { signature: { ...about, manifest: flattenedOf(compact) }, size };
  }
}

function nothing(refusal: Refused | undefined): undefined {
  if (refusal) throw refusal;
}

/** That a manifest names a key that nobody knows is a bad signature, not a thing that is not found. */
function asOfUpload(error: unknown): never {
  if (!(error instanceof Refused) || error.code !== 'signing-key-unknown') throw error;
  throw new Refused('signature-invalid', error.detail, error.facts, { cause: error });
}
