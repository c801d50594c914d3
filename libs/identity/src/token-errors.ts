import { Refused } from '@edgeflow/contracts';
import { errors } from 'jose';

type Fault = InstanceType<typeof errors.JOSEError>;

/** What may go wrong with a token, for machines (`facts.reason`) and in words. None of them tells more than its holder can see itself. */
function faultOf(error: Fault): [reason: string, detail: string] {
  if (error instanceof errors.JWTExpired) return ['token-expired', 'The token has expired'];
  if (error instanceof errors.JWTClaimValidationFailed)
    return ['token-claims', `The token's ${error.claim} is not the expected one`];
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return ['token-signature', "The token's signature is not valid"];
  return ['token-malformed', MALFORMED.get(error.code) ?? 'The token is not well formed'];
}

const MALFORMED = new Map([
  [errors.JWKSNoMatchingKey.code, 'The token is signed with a key that is not known here'],
  [errors.JWKSMultipleMatchingKeys.code, 'The token does not say with which key it is signed'],
  [errors.JOSEAlgNotAllowed.code, "The token's algorithm is not accepted"],
]);

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
  const [reason, detail] = faultOf(error as Fault);
  return new Refused('unauthorized', detail, { reason }, { cause: error });
}
