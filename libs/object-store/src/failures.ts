import { Refused } from '@edgeflow/contracts';

interface SdkError {
  name?: string;
  code?: unknown;
  $metadata?: { httpStatusCode?: number };
  $response?: { statusCode?: number };
}

/** The HTTP status that an error of the SDK came with; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = error as SdkError;
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}

/** True for an answer that says: there is no such object, upload or bucket. */
export function isNotFound(error: unknown): boolean {
  return statusOf(error) === 404;
}

/**
 * The error to throw for one of the SDK's: Refused `storage-unavailable` when the store cannot be reached, is too busy or fails;
 * every other error, e.g. wrong credentials, as it is.
 */
export function failureOf(error: unknown): unknown {
  if (!isUnavailable(error)) return error;
  const { name = 'Error' } = error as SdkError;
  return new Refused('storage-unavailable', `The object store does not answer (${name})`, {}, { cause: error });
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
