import { FirmwareManifest, MANIFEST_TYPE } from '@edgeflow/contracts';
import type { JWK } from 'jose';
import { assertSigned, signJws, verifyJws, type SigningKeyLookup } from './jws.js';

/** Types that a manifest's header may have: tools name a JWS as they like, but never as another kind of ours. */
const TYPES = [undefined, 'jose', 'jws', MANIFEST_TYPE];

/** A manifest whose signature is good. */
export interface VerifiedManifest {
  kid: string;
  manifest: FirmwareManifest;
}

/**
 * Reads a manifest and verifies its signature; whether it fits a firmware is `manifestRefusal`'s to say.
 * @throws Refused `signature-invalid`, `signing-key-unknown`, or what the lookup throws; `manifest-mismatch` when it is not in the
 *   shape of a manifest
 */
export async function readManifest(compact: string, keyOf: SigningKeyLookup): Promise<VerifiedManifest> {
  const { kid, payload } = verifyJws(compact, keyOf, TYPES);
  const manifest = withTime(payload);
  assertSigned(FirmwareManifest, manifest, { code: 'manifest-mismatch', what: 'The manifest' });
  return { kid, manifest };
}

/** Signs a manifest with a private Ed25519 key; gives the compact JWS. */
export async function signManifest(manifest: FirmwareManifest, jwk: JWK, kid: string): Promise<string> {
  return signJws(manifest, jwk, { kid, typ: MANIFEST_TYPE });
}

/** Tools that make JWTs write times in seconds since 1970. */
function withTime(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || !('expires_at' in payload)) return payload;
  const { expires_at } = payload;
  if (!Number.isSafeInteger(expires_at)) return payload;
  const time = new Date(Number(expires_at) * 1000);
  return Number.isNaN(time.getTime()) ? payload : { ...payload, expires_at: time.toISOString() };
}
