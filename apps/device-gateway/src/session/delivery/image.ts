import type { DataOf, ErrorCode } from '@edgeflow/contracts';
import { IMAGE_PREFIX } from '@edgeflow/firmware';
import type { ObjectHead } from '@edgeflow/object-store';

/** Why an image is not offered. */
export interface Unofferable {
  code: ErrorCode;
  message: string;
}

/** Why an image is none of the organization's; its key says whose it is. */
export function foreignImage(org: string, key: string): Unofferable | undefined {
  return key.startsWith(`${IMAGE_PREFIX}${org}/`)
    ? undefined
    : { code: 'image-missing', message: `${key} is no image of the organization.` };
}

/** Compares the object with what was dispatched: size, the hash kept beside it, and the store's own hash where it gives one. */
export function faultOf(
  stored: ObjectHead | undefined,
  { key, size, sha256 }: Pick<DataOf<'UpdateDispatched'>, 'key' | 'size' | 'sha256'>,
): Unofferable | undefined {
  if (!stored) return { code: 'image-missing', message: `There is no object ${key}.` };
  const corrupt = (message: string): Unofferable => ({ code: 'image-corrupt', message });
  if (stored.size !== size) return corrupt(`The object has ${stored.size} bytes, the image has ${size}.`);
  if (stored.metadata['sha256'] !== sha256)
    return corrupt('The SHA-256 kept with the object is not that of the image.');
  if (stored.sha256 !== undefined && stored.sha256 !== sha256) {
    return corrupt("The object store's SHA-256 of the object is not that of the image.");
  }
  return undefined;
}
