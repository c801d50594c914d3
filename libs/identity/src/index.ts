export { ApiKeys, type ApiKeyRecord, type ApiKeySource } from './api-keys.js';
export { AuthGuard } from './auth.guard.js';
export { Authenticator, DEVICE_AUTHENTICATOR, type DeviceAuthenticator } from './authenticator.js';
export { isRole, isUnproven, type Caller, type UnprovenClaim } from './caller.js';
export {
  AllowClaim,
  AllowDevice,
  CurrentCaller,
  Public,
  Roles,
  accessOf,
  type Access,
  type Authenticated,
} from './decorators.js';
export {
  claimedDevice,
  isSignedBy,
  newUsedTokens,
  verifyDeviceToken,
  type DeviceIdentity,
  type DeviceKeyLookup,
} from './device-token.js';
export type { JWTVerifyGetKey as JwksSource } from 'jose';
export { jwksFault, jwksFrom, jwksOf, jwksOfIssuer } from './jwks.js';
export { RolesGuard } from './roles.guard.js';
export { digestOfSecret, isSecretOf, newSecret, parseSecretToken, secretTokenOf } from './secret-token.js';
export { isSecureUrl } from './secure-url.js';
export { TokenIssuer } from './token-issuer.js';
export { AUDIENCE, CLAIM_AUDIENCE, ISSUER, type TokenTrust } from './token-trust.js';
export { TokenVerifier } from './token-verifier.js';
export { compactOf, flattenedOf } from './signing/jws.js';
export { readKeyStatement, signKeyStatement } from './signing/key-statement.js';
export { readManifest, signManifest } from './signing/manifest.js';
export { newSigningKey, signingKeyOf, type SigningKey } from './signing/signing-key.js';
