/** One week, what Signature Version 4 allows. */
const MAX_EXPIRES_S = 604_800;

/**
 * From when to when a presigned URL is good. Signatures count whole seconds.
 * @param expires_s seconds from `at`, 1 to 604,800
 * @throws RangeError
 */
export function presignedLife(expires_s: number, at: Date): { signed_at: Date; expires_at: Date } {
  if (!Number.isInteger(expires_s) || expires_s < 1 || expires_s > MAX_EXPIRES_S)
    throw new RangeError(`a presigned URL lives 1 to ${MAX_EXPIRES_S} seconds, not ${expires_s}`);
  const signed_at = new Date(Math.floor(at.getTime() / 1000) * 1000);
  return { signed_at, expires_at: new Date(signed_at.getTime() + expires_s * 1000) };
}
