import { Refused } from '@edgeflow/contracts';
import { errors } from 'jose';

/** Words for what may go wrong with a token. None of them tells more than the holder of the token can see itself. */
function detailOf(error: InstanceType<typeof errors.JOSEError>): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `The token's ${error.claim} is not the expected one`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The token's signature is not valid";
  if (error instanceof errors.JWKSNoMatchingKey) return 'The token is signed with a key that is not known here';
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'The token does not say with which key it is signed';
  if (error instanceof errors.JOSEAlgNotAllowed) return "The token's algorithm is not accepted";
  return 'The token is not well formed';
}

/** The same for machines: why a token is refused, in `facts.reason` of its refusal. */
function reasonOf(error: InstanceType<typeof errors.JOSEError>): string {
  if (error instanceof errors.JWTExpired) return 'token-expired';
  if (error instanceof errors.JWTClaimValidationFailed) return 'token-claims';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'token-signature';
  return 'token-malformed';
}

/** Errors of reading the keys, which say nothing about the token. */
function isOurFault(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return (
    error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || error.code === 'ERR_JOSE_GENERIC'
  );
}

/**
 * The refusal for an error of jose: 'unauthorized' when the token is to blame, 'service-unavailable' when the keys could
 * not be read, so that a good token is not called bad.
 */
export function refusalOf(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (isOurFault(error)) {
    return new Refused('service-unavailable', 'The keys that sign tokens cannot be read', {}, { cause: error });
  }
  const fault = error as InstanceType<typeof errors.JOSEError>;
  return new Refused('unauthorized', detailOf(fault), { reason: reasonOf(fault) }, { cause: error });
}
