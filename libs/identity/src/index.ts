export { ApiKeys, type ApiKeyRecord, type ApiKeySource } from './api-keys.js';
export { AuthGuard } from './auth.guard.js';
export { Authenticator, DEVICE_AUTHENTICATOR, type Accepted, type DeviceAuthenticator } from './authenticator.js';
export {
  isRole,
  isUnproven,
  type ApiKeyCaller,
  type Caller,
  type DeviceCaller,
  type DeviceClaim,
  type Member,
  type UnprovenClaim,
} from './caller.js';
export { AllowClaim, AllowDevice, CurrentCaller, Public, Roles, type Authenticated } from './decorators.js';
export {
  claimedDevice,
  isSignedBy,
  verifyDeviceToken,
  type DeviceIdentity,
  type DeviceKeyLookup,
  type TokenJudgement,
} from './device-token.js';
export { jwksFault, jwksFrom, jwksOf, jwksOfIssuer, type JwksSource } from './jwks.js';
export { type RemoteKeysPace } from './remote-keys.js';
export { ReplayCache } from './replay-cache.js';
export { RolesGuard } from './roles.guard.js';
export {
  digestOfSecret,
  isSecretOf,
  newSecret,
  parseSecretToken,
  secretTokenOf,
  type SecretToken,
  type SecretTokenKind,
} from './secret-token.js';
export { isSecureUrl } from './secure-url.js';
export { TokenIssuer } from './token-issuer.js';
export { AUDIENCE, CLAIM_AUDIENCE, ISSUER, type TokenTrust } from './token-trust.js';
export { TokenVerifier } from './token-verifier.js';
export { compactOf, flattenedOf, type SigningKeyLookup } from './signing/jws.js';
export { readKeyStatement, signKeyStatement, type VerifiedStatement } from './signing/key-statement.js';
export { readManifest, signManifest, type VerifiedManifest } from './signing/manifest.js';
export { newSigningKey, signingKeyOf, type SigningKey } from './signing/signing-key.js';
