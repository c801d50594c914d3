export type { Window } from './backoff.js';
export { Connections, type ConnectionOptions } from './cloud/connections.js';
export {
  deviceKeyFromSeed,
  generateDeviceKey,
  loadDeviceKey,
  loadOrCreateDeviceKey,
  type DeviceKey,
} from './cloud/device-key.js';
export { orgOfClaim, signDeviceToken, type DeviceTokenClaims } from './cloud/device-token.js';
export { finishKeyRotation, rotateDeviceKey, type KeyRotationOptions } from './cloud/key-rotation.js';
export { parseOrigin, type Origin } from './cloud/origin.js';
export { registerDevice, type Registration, type Registered, type RegistrationOptions } from './cloud/registration.js';
export { DeviceAgent, type AgentEnd, type AgentNotice, type DeviceAgentOptions } from './device-agent.js';
export type { DevicePlatform, Health, ImageSink, Running } from './device-platform.js';
export { readJson, writeAtomically } from './disk/atomic-file.js';
export { DiskDevice, type DiskDeviceOptions } from './disk/disk-device.js';
export type { CurrentSlot, SlotName, SlotRecord } from './disk/slots.js';
export { silentLog, type AgentLog } from './log.js';
export { HashSink, MemoryDevice } from './memory-device.js';
export { pause } from './pause.js';
export type { Loss } from './tunnel/reconnect.js';
export { TrustStore, memoryTrust, type TrustStorage } from './trust/trust-store.js';
export { enrolled, noTrust, pinned, type Run, type Trust, type TrustedKey } from './trust/trust.js';
export { ImageLost, UpdateFailure, type FailureCode } from './update/update-failure.js';
export type { Plan, UpdateState } from './update/update.state.js';
