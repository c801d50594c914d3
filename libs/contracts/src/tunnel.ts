import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsLabel, IsPercent, IsReportedVersion, IsSha256, IsText, IsTime, IsToken, IsVersion } from './fields.js';
import { KEY_STATEMENTS_MAX, MANIFEST_MAX_BYTES } from './signing.js';

/** The tunnel's WebSocket subprotocol (docs/device-protocol.md). */
export const TUNNEL_PROTOCOL = 'edgeflow.ota.v1';
/** A text frame's limit in bytes. */
export const TUNNEL_FRAME_BYTES = 16 * 1024;
/** The `aud` of a device's token. */
export const TUNNEL_AUDIENCE = 'edgeflow-gateway';
/** A device's token may live this long, in seconds. */
export const TUNNEL_TOKEN_MAX_S = 300;

/** What an update goes through on a device, in this order. */
export const PHASES = ['downloading', 'verifying', 'installing', 'rebooting'] as const;
export type Phase = (typeof PHASES)[number];

/** Close codes of the tunnel; each is preceded by an `error` frame with the code's name. */
export const CLOSE = {
  badFrame: 4400,
  notAuthorized: 4401,
  revoked: 4403,
  noHello: 4408,
  replaced: 4409,
  tooMany: 4429,
} as const;

/** Characters of what a device says of a failure. */
export const FAILURE_MESSAGE_MAX = 1024;
/** What a code that is none becomes; what was said stands in the message. */
export const UNSPECIFIED = 'unspecified';

/** How an update ended without the new version, e.g. that the device took it back by itself. */
export class Failure {
  @IsToken() update_id!: string;
  @IsToken() code!: string;
  @IsText(FAILURE_MESSAGE_MAX) message!: string;
}

/** The first frame of a device, and what a rebooted device says to prove its new version. */
export class Hello {
  @IsIn(['hello']) type!: 'hello';
  @IsReportedVersion() version!: string;
  @IsLabel() model!: string;
  @IsText(128) boot_id!: string;
  @IsOptional() @IsText(128) agent?: string;
  /** How the update ended that the device comes back from, where it knows. */
  @IsOptional() @ValidateNested() @Type(() => Failure) failed?: Failure;
}

export class Progress {
  @IsIn(['progress']) type!: 'progress';
  @IsToken() update_id!: string;
  @IsIn(PHASES) phase!: Phase;
  @IsPercent() progress!: number;
}

export class Failed extends Failure {
  @IsIn(['failed']) type!: 'failed';
}

/** Asks for a fresh download URL. */
export class UrlRequest {
  @IsIn(['url']) type!: 'url';
  @IsToken() update_id!: string;
}

/** After a loss the device waits a random time in this window, in seconds. */
export class ReconnectWindow {
  @IsInt() @Min(0) min_s!: number;
  @IsInt() @Min(0) max_s!: number;
}

export class Welcome {
  @IsIn(['welcome']) type!: 'welcome';
  @IsToken() device_id!: string;
  @IsTime() server_time!: string;
  /** Seconds between the pings that either side may expect. */
  @IsInt() heartbeat_s!: number;
  @ValidateNested() @Type(() => ReconnectWindow) reconnect!: ReconnectWindow;
}

export class UpdateOffer {
  @IsIn(['update']) type!: 'update';
  @IsToken() update_id!: string;
  @IsInt() number!: number;
  @IsToken() firmware_id!: string;
  @IsVersion() version!: string;
  @IsSha256() sha256!: string;
  @IsInt() size!: number;
  @IsText(4096) url!: string;
  @IsTime() url_expires_at!: string;
  @IsBoolean() force!: boolean;
  @IsTime() deadline_at!: string;
  /** The firmware's manifest, a compact JWS, which the device verifies against the key that it was enrolled with. */
  @IsOptional() @IsText(MANIFEST_MAX_BYTES) manifest?: string;
  /** True for the way back to a version that the device has run before. */
  @IsOptional() @IsBoolean() rollback?: boolean;
  /** What older signing keys say of newer ones, oldest first; compact JWS. */
  @IsOptional() @IsArray() @ArrayMaxSize(KEY_STATEMENTS_MAX) @IsString({ each: true }) key_statements?: string[];
}

export class FreshUrl {
  @IsIn(['url']) type!: 'url';
  @IsToken() update_id!: string;
  @IsText(4096) url!: string;
  @IsTime() url_expires_at!: string;
}

export class Cancel {
  @IsIn(['cancel']) type!: 'cancel';
  @IsToken() update_id!: string;
}

export class TunnelError {
  @IsIn(['error']) type!: 'error';
  @IsText(64) code!: string;
  @IsText(1024) detail!: string;
}

/** What a device may send, by `type`. */
export const deviceFrames = { hello: Hello, progress: Progress, failed: Failed, url: UrlRequest } as const;
export type DeviceFrame = Hello | Progress | Failed | UrlRequest;

/** What the cloud may send, by `type`. */
export const cloudFrames = {
  welcome: Welcome,
  update: UpdateOffer,
  url: FreshUrl,
  cancel: Cancel,
  error: TunnelError,
} as const;
export type CloudFrame = Welcome | UpdateOffer | FreshUrl | Cancel | TunnelError;
