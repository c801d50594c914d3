export { decide, refusalOf, type FirmwareCommand } from './firmware.decider.js';
export {
  evolve,
  firmwareIn,
  isFirmwareEvent,
  noFirmware,
  type FirmwareEventName,
  type FirmwareState,
} from './firmware.state.js';
export { IMAGE_PREFIX, firmwareIdOf, imageAddressOf, imageKeyOf, type ImageAddress } from './names.js';
export { imageRefusal, releaseOf, statementRefusal, type Measured, type Statement } from './release.js';
export { expiryRefusal, manifestRefusal, signatureRefusal, unsignedRefusal, type Signable } from './manifest.js';
export { decideTrust, type TrustCommand } from './trust.decider.js';
export {
  evolveTrust,
  isTrustEvent,
  noTrust,
  passTrust,
  trustIn,
  trustLane,
  trustedKey,
  type SigningKeyState,
  type Trust,
  type TrustEventName,
} from './trust.state.js';
