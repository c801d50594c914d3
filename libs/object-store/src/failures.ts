import { isTlsCode } from '@edgeflow/configuration';
import { Refused } from '@edgeflow/contracts';

interface SdkError {
  name?: string;
  code?: unknown;
  $metadata?: { httpStatusCode?: number };
  $response?: { statusCode?: number };
}

/** The object store is there and does not let us at the bucket; a HEAD has no words of its own. */
class StoreRefused extends Error {
  override readonly name = 'StoreRefused';

  constructor(bucket: string, status: number, options?: { cause?: unknown }) {
    super(
      `the object store answers ${status} for the bucket ${bucket} ` +
        '(look at S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_REGION, S3_BUCKET, and the clock of this machine)',
      options,
    );
  }
}

/** The HTTP status that an error of the SDK came with; undefined when there was no answer, or no error. */
function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = (error ?? {}) as SdkError;
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}

/** True for an answer that says: there is no such object, upload or bucket. */
export function isNotFound(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** True for an answer that says: there is no room (507, RFC 4918). */
export function isFull(error: unknown): boolean {
  return statusOf(error) === 507;
}

/**
 * The error to throw for one of the SDK's: Refused `storage-unavailable` when the store cannot be reached, is too busy or fails;
 * every other error, e.g. wrong credentials, as it is.
 */
export function failureOf(error: unknown): unknown {
  if (!isUnavailable(error)) return error;
  const { name = 'Error', code } = error as SdkError;
  if (isFull(error)) return new Refused('storage-unavailable', 'The object store has no room', {}, { cause: error });
  const why = isTlsCode(code) ? `${code}: look at S3_CA_FILE and S3_ENDPOINT` : name;
  return new Refused('storage-unavailable', `The object store does not answer (${why})`, {}, { cause: error });
}

/** The same for a question about the bucket itself, which says more: StoreRefused when the store forbids it. */
export function bucketFailureOf(error: unknown, bucket: string): unknown {
  const status = statusOf(error);
  const isRefusal = status !== undefined && status >= 300 && status < 500 && status !== 429;
  return isRefusal ? new StoreRefused(bucket, status, { cause: error }) : failureOf(error);
}

/** Waits for a request to the store. @throws what `failureOf` makes of its error */
export async function reached<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw failureOf(error);
  }
}

function isUnavailable(error: unknown): boolean {
  if (error instanceof Refused) return false;
  const status = statusOf(error);
  if (status !== undefined && status >= 300) return status >= 500 || status === 429;
  // No answer, or one that broke off: a system error such as ECONNRESET, or a time-out of the SDK or of ours.
  const { name, code } = error as SdkError;
  return typeof code === 'string' || name === 'TimeoutError' || name === 'AbortError';
}
