/** One row of the error table: the HTTP status a refusal becomes and the fixed title of its problem document (RFC 9457). */
interface ErrorRow {
  status: number;
  title: string;
}

const table = {
  'invalid-request': { status: 400, title: 'The request is not well formed' },
  'request-id-mismatch': { status: 400, title: 'The ids of the request are not the same' },
  'too-many-waves': { status: 400, title: 'The rollout would have more than 1,000 waves' },
  'target-too-large': { status: 400, title: 'The target has more devices than a rollout takes' },
  'version-invalid': { status: 400, title: 'The version is not a semantic version' },
  'file-type-invalid': { status: 400, title: 'The file name has an extension that is not accepted' },
  'field-order': { status: 400, title: 'The fields must come before the file' },
  'file-missing': { status: 400, title: 'The upload has no file' },
  unauthorized: { status: 401, title: 'No valid credentials were given' },
  'claim-mismatch': { status: 403, title: 'The claim token is for another fleet or model' },
  forbidden: { status: 403, title: 'The credentials do not allow this' },
  'not-found': { status: 404, title: 'There is no such resource' },
  'device-unknown': { status: 404, title: 'No device with this id is registered' },
  'firmware-unknown': { status: 404, title: 'No firmware with this version is registered' },
  'rollout-unknown': { status: 404, title: 'There is no rollout with this id' },
  'wave-unknown': { status: 404, title: 'The rollout has no wave with this number' },
  'update-unknown': { status: 404, title: 'There is no update with this id' },
  'request-unknown': { status: 404, title: 'There is no request with this id' },
  'api-key-unknown': { status: 404, title: 'There is no API key with this id' },
  'claim-unknown': { status: 404, title: 'There is no claim token with this id' },
  'signing-key-unknown': { status: 404, title: 'The organization has no signing key with this id' },
  'window-unknown': { status: 404, title: 'The fleet has no maintenance window' },
  'event-unknown': { status: 404, title: 'No event at this position was set aside' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'upload-too-large': { status: 413, title: 'The image is larger than the limit' },
  'media-type-unsupported': { status: 415, title: 'The body has a media type that the route does not take' },
  'checksum-mismatch': { status: 422, title: 'The image does not have the stated SHA-256' },
  'signature-required': { status: 422, title: 'The organization asks for signed firmware' },
  'signature-invalid': { status: 422, title: 'The signature is not one of a key that the organization trusts' },
  'manifest-mismatch': { status: 422, title: 'The manifest is about another firmware' },
  'manifest-expired': { status: 422, title: 'The manifest has expired' },
  'version-exists': { status: 409, title: 'The version exists with another image' },
  'device-exists': { status: 409, title: 'The device is registered with another key or model' },
  'device-revoked': { status: 409, title: 'The device is revoked' },
  'device-not-revoked': { status: 409, title: 'The device is not revoked' },
  'firmware-revoked': { status: 409, title: 'The firmware is revoked' },
  'firmware-in-use': { status: 409, title: 'Somebody needs the firmware' },
  'key-not-chained': { status: 409, title: 'No key that is in force vouches for the new one' },
  'signing-key-exists': { status: 409, title: 'The id is in use for another signing key, or the key has another id' },
  'signing-key-revoked': { status: 409, title: 'The signing key is revoked' },
  'downgrade-refused': { status: 409, title: 'The device has run a release with a higher counter' },
  'model-mismatch': { status: 409, title: 'The firmware is not for this model' },
  'min-version-not-met': { status: 409, title: 'The device runs a version older than the firmware allows' },
  'device-offline': { status: 409, title: 'The device is offline' },
  'update-in-progress': { status: 409, title: 'The device has an open update' },
  'update-ended': { status: 409, title: 'The update has ended' },
  'update-installing': { status: 409, title: 'The device is installing the update' },
  'window-never-opens': { status: 409, title: 'The windows have no time in common' },
  'already-on-target': { status: 409, title: 'The device already runs this version' },
  'newer-version': { status: 409, title: 'The device runs a newer version' },
  'no-evidence': { status: 409, title: 'No device of the wave has finished, which proves nothing' },
  'no-good-version': { status: 409, title: 'The log knows no earlier good version of the device' },
  'reason-required': { status: 400, title: 'This is not done without a reason' },
  'action-not-allowed': { status: 409, title: 'The rollout does not allow this action now' },
  'not-amendable': { status: 409, title: 'This cannot be changed of a rollout that runs' },
  'target-empty': { status: 409, title: 'The target has no devices' },
  'version-unknown': { status: 409, title: 'The device has never said which version it runs' },
  'request-exists': { status: 409, title: 'The request id is in use for another request' },
  conflict: { status: 409, title: 'The log moved on while the decision was made' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'internal-error': { status: 500, title: 'The service failed' },
  'service-unavailable': { status: 503, title: 'The service behind this address does not answer' },
  'log-unavailable': { status: 503, title: 'The event log does not answer' },
  'log-full': { status: 503, title: 'The event log has no room' },
  'log-diverged': { status: 503, title: 'The event log is not the one that the read models were made of' },
  'storage-unavailable': { status: 503, title: 'The object store does not answer' },
  'database-unavailable': { status: 503, title: 'The database does not answer' },
  'read-model-behind': { status: 503, title: 'The read model has not reached this position yet' },
  'event-invalid': { status: 400, title: 'The event is not valid' },
  'subject-invalid': { status: 400, title: 'The subject is not valid' },
  // a code that warns: it stands in plans and rollouts
  'key-not-trusted': { status: 409, title: 'The device does not know the key that the firmware is signed with' },
  // codes that end an update; they stand in events, not in HTTP answers of their own
  'device-removed': { status: 409, title: 'The device was taken out of service' },
  'image-missing': { status: 409, title: 'The image is not in the object store' },
  'image-corrupt': { status: 409, title: 'The stored image does not have the SHA-256 of its record' },
  'came-back-on-old-version': { status: 409, title: 'The device rebooted and still runs the old version' },
  'came-back-on-another-version': {
    status: 409,
    title: 'The device rebooted and runs a version that it neither ran before nor was told',
  },
  'unexpected-version': {
    status: 409,
    title: 'The device runs something that is no semantic version, and did not before',
  },
  'reboot-loop': {
    status: 409,
    title: 'The device came back on its old version again and again and got no further with the update',
  },
  reverted: { status: 409, title: 'The device did not keep the version that it had been updated to' },
  unspecified: { status: 409, title: 'The device reported a failure without a code' },
  cancelled: { status: 409, title: 'Somebody took the update back' },
  abandoned: { status: 409, title: 'The update was given up while the device installed it' },
  'rollout-aborted': { status: 409, title: 'The rollout was aborted' },
  'rollout-rolled-back': { status: 409, title: 'The rollout is rolled back' },
  'wave-skipped': { status: 409, title: 'The wave was skipped' },
  superseded: { status: 409, title: 'A later rollout, update or rollback has the device' },
  declined: { status: 409, title: 'Somebody at the device said no to the update' },
  'postponed-too-long': { status: 409, title: 'The update was put off for as long as it may be, and was not begun' },
  'deadline-exceeded': { status: 409, title: 'The update did not end before its deadline' },
} as const satisfies Record<string, ErrorRow>;

/** A stable code: in problem documents, in events that refuse, in `error` frames and in metrics. Codes are never renamed. */
export type ErrorCode = keyof typeof table;

/** Every code with its HTTP status and title; the error page of the docs is generated from it. */
export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = table;

/** True for a code that this build knows. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

/**
 * A refusal with a stable code. Deciders return it as a value, edges throw it; one filter turns it into problem+json.
 * `facts` are safe to show to the caller: ids, versions, numbers; never a secret.
 */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly code: ErrorCode,
    readonly detail: string = errorTable[code].title,
    readonly facts: Readonly<Record<string, unknown>> = {},
    options?: { cause?: unknown },
  ) {
    super(`${code}: ${detail}`, options);
  }

  /** The HTTP status of this refusal. */
  get status(): number {
    return errorTable[this.code].status;
  }
}

/** Anything that was thrown, in words. Of a host with several addresses, none of which answers, Node has words for each and none for all. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}

/** For the `default` of a switch over a union: a new member is a compile error, not a silent default. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
