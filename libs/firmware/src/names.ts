import { deriveId, isToken } from '@edgeflow/contracts';

/** Where images live in the object store. */
export const IMAGE_PREFIX = 'firmware/';

/** What an image's key says. */
export interface ImageAddress {
  org: string;
  version: string;
  sha256: string;
}

/** The id of a firmware, and so its stream: a version of a model exists once, by the append's expectation (ADR-0007). */
export function firmwareIdOf(org: string, model: string, version: string): string {
  return deriveId('fw', org, model, version);
}

/** `firmware/{organization_id}/{version}/{sha256}.bin`: the same image has the same key, another one never. */
export function imageKeyOf({ org, version, sha256 }: ImageAddress): string {
  return `${IMAGE_PREFIX}${org}/${version}/${sha256}.bin`;
}

/** What a key says, or undefined for an object that `imageKeyOf` did not name. */
export function imageAddressOf(key: string): ImageAddress | undefined {
  const [, org, version, sha256] = /^firmware\/([^/]+)\/([^/]+)\/([0-9a-f]{64})\.bin$/.exec(key) ?? [];
  return isToken(org) && version && sha256 ? { org, version, sha256 } : undefined;
}
