export { AuthGuard } from './auth.guard.js';
export { isRole, type Caller, type DeviceClaim, type Member } from './caller.js';
export { AllowClaim, CurrentCaller, Public, Roles, type Authenticated } from './decorators.js';
export { verifyDeviceToken, type DeviceIdentity, type DeviceKeyLookup } from './device-token.js';
export { jwksFrom, jwksOf, type JwksSource } from './jwks.js';
export { ReplayCache } from './replay-cache.js';
export { TokenIssuer } from './token-issuer.js';
export { TokenVerifier } from './token-verifier.js';
