import { Refused, type FirmwareManifest, type FirmwareSignature } from '@edgeflow/contracts';
import type { Statement } from './release.js';
import { revokedKey, type Trust } from './trust.state.js';

/** What a manifest must fit; `size` once the image is measured. */
export type Signable = Pick<Statement, 'org' | 'version' | 'sha256' | 'models'> & { size?: number };

/** Why firmware without a signature cannot be; undefined where the policy does without. */
export function unsignedRefusal(trust: Pick<Trust, 'signature'>): Refused | undefined {
  return trust.signature === 'required'
    ? new Refused(
        'signature-required',
        'The organization asks for signed firmware: send its manifest, ahead of the file.',
      )
    : undefined;
}

/** Why a signature that was good once is not accepted (any more), or why there must be one; undefined when all is well. */
export function signatureRefusal(
  trust: Pick<Trust, 'signature' | 'keys'>,
  signature: Pick<FirmwareSignature, 'kid'> | undefined,
): Refused | undefined {
  if (!signature) return unsignedRefusal(trust);
  const { kid } = signature;
  const key = trust.keys.find((one) => one.kid === kid);
  if (!key) return new Refused('signature-invalid', `The organization has no signing key ${kid}.`, { kid });
  return key.revoked ? revokedKey(kid) : undefined;
}

/** Why a manifest, whose signature is good, is not one for this firmware at this time; undefined when it is. */
export function manifestRefusal(wanted: Signable, manifest: FirmwareManifest, at: Date): Refused | undefined {
  const differs = (member: string, signed: unknown): Refused =>
    new Refused('manifest-mismatch', `The manifest is for another ${member}: ${String(signed)}.`, { member });
  if (manifest.org !== wanted.org) return differs('org', manifest.org);
  if (manifest.version !== wanted.version) return differs('version', manifest.version);
  if (manifest.sha256 !== wanted.sha256) return differs('sha256', manifest.sha256);
  if (wanted.size !== undefined && manifest.size !== wanted.size) return differs('size', manifest.size);
  const unsigned = wanted.models.filter((model) => !manifest.models.includes(model));
  if (unsigned.length > 0) return differs('models', manifest.models.join(', '));
  return expiryRefusal(manifest, at);
}

/** Why what is signed may not be offered any more; undefined while it may. */
export function expiryRefusal({ expires_at }: Pick<FirmwareSignature, 'expires_at'>, at: Date): Refused | undefined {
  if (Date.parse(expires_at) > at.getTime()) return undefined;
  return new Refused('manifest-expired', `The manifest has expired at ${expires_at}.`, { expires_at });
}
