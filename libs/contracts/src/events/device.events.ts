import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import { EventClass } from '../event-class.js';
import { IsLabel, IsPercent, IsReportedVersion, IsText, IsTime, IsToken, LABEL_PATTERN } from '../fields.js';
import { Ed25519PublicKey } from '../signing.js';
import { PHASES } from '../tunnel.js';

/** What may be refused to a device. */
export const REFUSED = ['tunnel', 'frame'] as const;

abstract class OfADevice {
  @IsToken() device_id!: string;
}

/** Which tunnel of which gateway: presence is decided by the newest one. */
abstract class OfATunnel extends OfADevice {
  @IsToken() tunnel_id!: string;
  @IsToken() gateway_id!: string;
}

@EventClass('device', 1, 'A device is known, with its model and its public key.')
export class DeviceRegistered extends OfADevice {
  @IsLabel() model!: string;
  @IsOptional() @IsLabel() fleet?: string;
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @Matches(LABEL_PATTERN, { each: true })
  tags?: string[];
  @ValidateNested() @Type(() => Ed25519PublicKey) public_key!: Ed25519PublicKey;
  /** The claim token that it registered itself with. */
  @IsOptional() @IsToken() claim_id?: string;
  @IsText(256) registered_by!: string;
}

@EventClass('device', 1, 'A device has another key from now on; the one before is not accepted any more.')
export class DeviceKeyRotated extends OfADevice {
  @ValidateNested() @Type(() => Ed25519PublicKey) public_key!: Ed25519PublicKey;
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) rotated_by!: string;
}

@EventClass('device', 1, 'A device may no longer connect.')
export class DeviceRevoked extends OfADevice {
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) revoked_by!: string;
}

@EventClass(
  'device',
  1,
  'A device opened a tunnel and said hello, or is still there: a lease, which leaves the log when it runs out.',
)
export class DeviceConnected extends OfATunnel {
  @IsLabel() model!: string;
  @IsReportedVersion() version!: string;
  @IsText(128) boot_id!: string;
  @IsOptional() @IsText(128) agent?: string;
  /** How long the log keeps this, in seconds; absent: for ever, as releases before leases wrote it. */
  @IsOptional() @IsInt() @Min(1) lease_s?: number;
  /** Absent for the hello; a number that grows when the same tunnel's lease was renewed, or its device said that it is in another boot. */
  @IsOptional() @IsInt() @Min(1) renewal?: number;
}

@EventClass('device', 1, 'A tunnel is closed, or its gateway is gone; leaves the log as the lease of the tunnel does.')
export class DeviceDisconnected extends OfATunnel {
  /** The WebSocket close code (RFC 6455, section 7.4). */
  @IsInt() close_code!: number;
  @IsText(256) reason!: string;
}

@EventClass(
  'device',
  1,
  'A device said which version it runs: at its first hello, when the version changed, and after a reboot while an update is open.',
)
export class DeviceVersionReported extends OfADevice {
  @IsLabel() model!: string;
  @IsReportedVersion() version!: string;
  @IsText(128) boot_id!: string;
}

@EventClass('device', 1, 'A device moved on in an update; coalesced by the gateway.')
export class DeviceProgressReported extends OfADevice {
  @IsToken() update_id!: string;
  @IsIn(PHASES) phase!: (typeof PHASES)[number];
  @IsPercent() progress!: number;
}

@EventClass(
  'device',
  1,
  'A device, or somebody who says to be it, was not let in, or said what was not taken; counted together. Leaves the log after some days.',
)
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

@EventClass('device', 1, 'An update cannot succeed, says the device, or the gateway that would not offer the image.')
export class DeviceUpdateReported extends OfADevice {
  @IsToken() update_id!: string;
  @IsIn(['failed']) outcome!: 'failed';
  @IsToken() code!: string;
  @IsText(1024) message!: string;
  @IsIn(['device', 'gateway']) reported_by!: 'device' | 'gateway';
}
