import { errors } from '@nats-io/nats-core';
import { isTlsCode } from '@edgeflow/configuration';
import { Denied, NotAdmitted } from '../errors.js';

/** The violation of a right in an error or in what caused it; undefined when there is none. */
export function asDenied(error: unknown, user: string): Denied | undefined {
  if (error instanceof Denied) return error;
  if (error instanceof errors.PermissionViolationError) {
    return new Denied(user, error.operation, error.subject, { cause: error });
  }
  return error instanceof Error && error.cause !== undefined ? asDenied(error.cause, user) : undefined;
}

/** Why the server did not let us in, as an error that says what to look at; errors of another kind as they are. */
export function asNotAdmitted(error: unknown, user: string | undefined, servers: string): unknown {
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError) {
    const who = user === undefined ? 'nobody without a user' : `not the user ${user}, or not with this password`;
    // Said with the variables: whoever reads it may never have heard of the user.
    return new NotAdmitted(`NATS at ${servers} admits ${who} (NATS_USER, NATS_PASSWORD)`, { cause: error });
  }
  const why = tlsReason(error);
  if (why === undefined) return error;
  return new NotAdmitted(`NATS at ${servers} and we do not agree on TLS: ${why} (NATS_CA_FILE names its authority)`, {
    cause: error,
  });
}

function tlsReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (isTlsCode(code)) return code;
  if (error.message.includes("server does not support 'tls'")) return 'the server does not offer it';
  return tlsReason(error.cause);
}
