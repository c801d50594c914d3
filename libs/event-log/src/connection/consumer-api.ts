import { JetStreamApiError } from '@nats-io/jetstream';

const CONSUMER_NOT_FOUND = 10014;
/** "consumer already exists", and "consumer name already in use", with another configuration. */
const CONSUMER_EXISTS = [10013, 10105, 10148];

/** For `catch`: a consumer that is not there is no error. */
export function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND) return undefined;
  throw error;
}

/** True when a consumer could not be created since somebody else was faster. */
export function isTaken(error: unknown): boolean {
  return error instanceof JetStreamApiError && CONSUMER_EXISTS.includes(error.code);
}
