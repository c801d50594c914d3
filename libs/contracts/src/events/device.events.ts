import { ArrayMinSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { revokes } from '../audited.js';
import { EventClass } from '../event-class.js';
import { Failure } from '../tunnel.js';
import { because, count, sentence } from './event-text.js';
import {
  IsA,
  IsDeviceId,
  IsLabel,
  IsListLike,
  IsPercent,
  IsReportedVersion,
  IsText,
  IsTime,
  IsToken,
  LABEL_PATTERN,
} from '../fields.js';
import { Ed25519PublicKey } from '../signing.js';
import { POSTPONE_MAX_S, POSTPONE_REASON_MAX } from '../tunnel.js';
import { PHASES, isInstalling } from '../vocabulary.js';

/** What may be changed of a device that is registered. */
const CHANGEABLE = ['model', 'fleet', 'tags'] as const;

/** What may be refused to a device. */
const REFUSED = ['tunnel', 'frame'] as const;

abstract class OfADevice {
  @IsDeviceId() device_id!: string;
}

/** Which session with which gateway: presence is decided by the newest one. */
abstract class OfASession extends OfADevice {
  @IsToken() session_id!: string;
  @IsToken() gateway_id!: string;
  /** What the device speaks with the gateway, e.g. `edgeflow.ota.v1` on its tunnel. */
  @IsLabel() protocol!: string;
}

@EventClass<DeviceRegistered>('device', 1, {
  summary: 'A device is known, with its model and its public key.',
  room: 'asked',
  audit: ({ registered_by }) => ({ actor: registered_by }),
  text: ({ model, registered_by }) => `The device was registered as ${model} by ${registered_by}.`,
})
export class DeviceRegistered extends OfADevice {
  @IsLabel() model!: string;
  @IsOptional() @IsLabel() fleet?: string;
  @IsOptional() @IsListLike(LABEL_PATTERN, 64) tags?: string[];
  @IsA(() => Ed25519PublicKey) public_key!: Ed25519PublicKey;
  /** The claim token that it registered itself with. */
  @IsOptional() @IsToken() claim_id?: string;
  @IsText(256) registered_by!: string;
}

@EventClass<DeviceKeyRotated>('device', 1, {
  summary: 'A device has another key from now on; the one before is not accepted any more.',
  room: 'control',
  audit: ({ rotated_by, reason }) => ({ actor: rotated_by, reason }),
  text: ({ rotated_by, reason }) => `The device has a new key, set by ${rotated_by}${because(reason)}`,
})
export class DeviceKeyRotated extends OfADevice {
  @IsA(() => Ed25519PublicKey) public_key!: Ed25519PublicKey;
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) rotated_by!: string;
}

@EventClass<DeviceRevoked>('device', 1, {
  summary: 'A device may no longer connect.',
  room: 'control',
  audit: revokes,
  text: ({ revoked_by, reason }) => `The device was revoked by ${revoked_by}${because(reason)}`,
})
export class DeviceRevoked extends OfADevice {
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) revoked_by!: string;
}

@EventClass<DeviceReinstated>('device', 1, {
  summary: 'A device that was revoked may connect again, with the key that is in force.',
  room: 'asked',
  audit: ({ reinstated_by, reason }) => ({ actor: reinstated_by, reason }),
  text: ({ reinstated_by, reason }) => `The device was let in again by ${reinstated_by}${because(reason)}`,
})
export class DeviceReinstated extends OfADevice {
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) reinstated_by!: string;
}

@EventClass<DeviceChanged>('device', 1, {
  summary: 'A device is of another fleet or model from now on, or has other tags. It says all three as they are now.',
  room: 'asked',
  audit: ({ changed_by, reason }) => ({ actor: changed_by, reason }),
  text: changedText,
})
export class DeviceChanged extends OfADevice {
  @IsLabel() model!: string;
  /** Absent for a device of no fleet. */
  @IsOptional() @IsLabel() fleet?: string;
  @IsListLike(LABEL_PATTERN, 64) tags!: string[];
  /** What was otherwise before. */
  @IsArray() @ArrayMinSize(1) @ArrayUnique() @IsIn(CHANGEABLE, { each: true }) changed!: (typeof CHANGEABLE)[number][];
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) changed_by!: string;
}

@EventClass<DeviceRemoved>('device', 1, {
  summary: 'A device was taken out of service: it is unknown from now on, and its id is free for another one.',
  room: 'control',
  audit: ({ removed_by, reason }) => ({ actor: removed_by, reason }),
  text: ({ removed_by, reason }) => `The device was taken out of service by ${removed_by}${because(reason)}`,
})
export class DeviceRemoved extends OfADevice {
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) removed_by!: string;
}

@EventClass<DeviceConnected>('device', 2, {
  summary: 'A device came and said what it runs, or is still there: a lease, which leaves the log when it runs out.',
  room: 'asked',
  audit: null,
  text: ({ version, renewal }) =>
    renewal === undefined ? `The device came online with ${version}.` : `The device is still online with ${version}.`,
})
export class DeviceConnected extends OfASession {
  @IsLabel() model!: string;
  @IsReportedVersion() version!: string;
  /** Absent for a device that knows of no boots. */
  @IsOptional() @IsText(128) boot_id?: string;
  @IsOptional() @IsText(128) agent?: string;
  /** How long the log keeps this, in seconds; absent: for ever, as releases before leases wrote it. */
  @IsOptional() @IsInt() @Min(1) lease_s?: number;
  /** When the session was opened, before its hello: of two, the one that was opened later is the newer one. Absent where a release before wrote it. */
  @IsOptional() @IsTime() opened_at?: string;
  /** Absent for the hello; a number that grows when the same session's lease was renewed, or its device said that it is in another boot. */
  @IsOptional() @IsInt() @Min(1) renewal?: number;
}

@EventClass<DeviceDisconnected>('device', 2, {
  summary: 'A session is over, or its gateway is gone; leaves the log as the lease of the session does.',
  room: 'asked',
  audit: null,
  text: ({ reason }) => `The device went offline${because(reason)}`,
})
export class DeviceDisconnected extends OfASession {
  /** The WebSocket close code (RFC 6455, section 7.4); absent where the protocol has none. */
  @IsOptional() @IsInt() close_code?: number;
  @IsText(256) reason!: string;
  /** True where the device was certainly not told of the update that is open, on this session and before it in the same boot. */
  @IsOptional() @IsBoolean() untold?: boolean;
}

@EventClass<DeviceVersionReported>('device', 1, {
  summary:
    'A device said which version it runs: at its first hello, when the version changed, and after a reboot while an update is open, and when it confirmed the version.',
  room: 'control',
  audit: null,
  text: ({ version, confirmed }) =>
    `The device said that it runs ${version}${confirmed === false ? ', which it may still take back' : ''}.`,
})
export class DeviceVersionReported extends OfADevice {
  @IsLabel() model!: string;
  @IsReportedVersion() version!: string;
  /** Absent for a device that knows of no boots: what it says proves a reboot to nobody (ADR-0009). */
  @IsOptional() @IsText(128) boot_id?: string;
  /** The update that the device says it is done with, and runs this version after: its word where no boot shows that it restarted. */
  @IsOptional() @IsToken() done_with?: string;
  /** False while the device's boot loader may still take the version back: it is no success yet (ADR-0009). */
  @IsOptional() @IsBoolean() confirmed?: boolean;
  /** Which update has failed, where the device says so together with its version: of one that was completed before, why the device did not keep it. */
  @IsOptional() @IsA(() => Failure) failed?: Failure;
  /** True for another boot, where the device was certainly not told of the open update in the one before: that it came back says nothing of the update. */
  @IsOptional() @IsBoolean() untold?: boolean;
}

@EventClass<DeviceProgressReported>('device', 1, {
  summary:
    'A device moved on in an update. Phases that pass within a second are one, the newest: coalesced by the gateway.',
  room: ({ phase }) => (isInstalling(phase) ? 'control' : 'asked'),
  audit: null,
  text: ({ phase, progress }) => `The device is ${phase}: ${progress} %.`,
})
export class DeviceProgressReported extends OfADevice {
  @IsToken() update_id!: string;
  @IsIn(PHASES) phase!: (typeof PHASES)[number];
  @IsPercent() progress!: number;
}

@EventClass<DeviceUpdateReported>('device', 1, {
  summary: 'An update cannot succeed, says the device, or the gateway that would not offer the image.',
  room: 'control',
  audit: null,
  text: ({ reported_by, code, message }) => sentence(`The ${reported_by} reported a failure (${code}): ${message}`),
})
export class DeviceUpdateReported extends OfADevice {
  @IsToken() update_id!: string;
  @IsIn(['failed']) outcome!: 'failed';
  @IsToken() code!: string;
  @IsText(1024) message!: string;
  @IsIn(['device', 'gateway']) reported_by!: 'device' | 'gateway';
}

@EventClass<DeviceUpdatePostponed>('device', 1, {
  summary: 'Somebody at the device wants an update later: it is not offered again before.',
  room: 'control',
  audit: null,
  text: ({ until, reason }) => `The device put its update off until ${until}${because(reason)}`,
})
export class DeviceUpdatePostponed extends OfADevice {
  @IsToken() update_id!: string;
  /** Seconds, from when it was said on. */
  @IsInt() @Min(1) @Max(POSTPONE_MAX_S) for_s!: number;
  @IsTime() until!: string;
  /** In the words of whoever put it off. */
  @IsOptional() @IsText(POSTPONE_REASON_MAX) reason?: string;
}

@EventClass<DeviceRefused>('device', 1, {
  summary:
    'A device, or somebody who says to be it, was not let in, or said what was not taken; counted together. Leaves the log after some days.',
  room: 'control',
  audit: null,
  text: refusedText,
})
export class DeviceRefused extends OfADevice {
  @IsToken() gateway_id!: string;
  /** A tunnel that was asked for, or a frame on one that is open. */
  @IsIn(REFUSED) what!: (typeof REFUSED)[number];
  /** A stable code, e.g. `token-expired`, `model-mismatch`, `bad-frame`: docs/device-protocol.md. */
  @IsToken() code!: string;
  /** Of the newest one, in words. */
  @IsText(1024) detail!: string;
  /** How often that has happened since then. */
  @IsInt() @Min(1) count!: number;
  @IsTime() since!: string;
}

function refusedText({ what, code, detail, count: times, since }: DeviceRefused): string {
  const subject = what === 'tunnel' ? 'The device was refused' : 'Something that the device said was not taken';
  return sentence(`${subject} ${count(times, 'time')} since ${since}: ${code}. ${detail}`);
}

function changedText({ model, fleet, tags, changed, changed_by, reason }: DeviceChanged): string {
  const now = {
    model: `its model is ${model}`,
    fleet: fleet === undefined ? 'it is of no fleet' : `its fleet is ${fleet}`,
    tags: tags.length === 0 ? 'it has no tags' : `its tags are ${tags.join(', ')}`,
  };
  return `The device was changed by ${changed_by}, ${changed.map((member) => now[member]).join(', ')}${because(reason)}`;
}
