export { statementsFor, trustsKey, type DeviceKeys } from './device-keys.js';
export { firmwareDecider, refusalOf, type FirmwareCommand } from './firmware.decider.js';
export type { FirmwareState } from './firmware.state.js';
export { IMAGE_PREFIX, firmwareIdOf, imageAddressOf, imageKeyOf } from './names.js';
export { imageRefusal, releaseOf, statementRefusal, type Measured, type Statement } from './release.js';
export { expiryRefusal, manifestRefusal, signatureRefusal, unsignedRefusal, type Signable } from './manifest.js';
export { trustDecider, type TrustCommand } from './trust.decider.js';
export { evolveTrust, noTrust, passTrust, trustedKey, type Trust } from './trust.state.js';
