import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import {
  IsA,
  IsDeviceId,
  IsLabel,
  IsPercent,
  IsReportedVersion,
  IsSha256,
  IsText,
  IsTime,
  IsToken,
  IsVersion,
} from './fields.js';
import { KEY_STATEMENTS_MAX, MANIFEST_MAX_BYTES } from './signing.js';
import { PHASES, type Phase } from './vocabulary.js';

/** The tunnel's WebSocket subprotocol (docs/device-protocol.md). */
export const TUNNEL_PROTOCOL = 'edgeflow.ota.v1';
/** A text frame's limit in bytes. What a device sends beyond it is still read, so that no report is lost, up to the limit of a message. */
export const TUNNEL_FRAME_BYTES = 16 * 1024;
/** What is larger ends the tunnel unread, with 1009 (RFC 6455, section 7.4.1); in bytes. */
export const TUNNEL_MESSAGE_BYTES = 1024 * 1024;
/** The `aud` of a device's token. */
export const TUNNEL_AUDIENCE = 'edgeflow-gateway';
/** A device's token may live this long, in seconds. */
export const TUNNEL_TOKEN_MAX_S = 300;

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

/** The longest time, in seconds, that one `postpone` puts an update off: a week. */
export const POSTPONE_MAX_S = 7 * 86_400;
/** So long, in seconds, a device may put one update off in all, however often it says so: 30 days. */
export const POSTPONED_IN_ALL_MAX_S = 30 * 86_400;
/** Characters of why somebody puts an update off. */
export const POSTPONE_REASON_MAX = 256;

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
  /** False while the boot loader may still take the image back; said again with true, or without it, once it stays. */
  @IsOptional() @IsBoolean() confirmed?: boolean;
  /** How the update ended that the device comes back from, where it knows. */
  @IsOptional() @IsA(() => Failure) failed?: Failure;
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

/** Somebody at the device wants the update later: it is offered again then. */
export class Postpone {
  @IsIn(['postpone']) type!: 'postpone';
  @IsToken() update_id!: string;
  @IsInt() @Min(1) @Max(POSTPONE_MAX_S) for_s!: number;
  @IsOptional() @IsText(POSTPONE_REASON_MAX) reason?: string;
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
  @IsDeviceId() device_id!: string;
  @IsTime() server_time!: string;
  /** Seconds between the pings that either side may expect. */
  @IsInt() heartbeat_s!: number;
  @IsA(() => ReconnectWindow) reconnect!: ReconnectWindow;
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
  /** True for the rollback to a version that the device has run before. */
  @IsOptional() @IsBoolean() rollback?: boolean;
  /** What older signing keys say of newer ones, oldest first; compact JWS. */
  @IsOptional() @IsArray() @ArrayMaxSize(KEY_STATEMENTS_MAX) @IsString({ each: true }) key_statements?: string[];
}

class FreshUrl {
  @IsIn(['url']) type!: 'url';
  @IsToken() update_id!: string;
  @IsText(4096) url!: string;
  @IsTime() url_expires_at!: string;
}

class Cancel {
  @IsIn(['cancel']) type!: 'cancel';
  @IsToken() update_id!: string;
}

class TunnelError {
  @IsIn(['error']) type!: 'error';
  @IsText(64) code!: string;
  @IsText(1024) detail!: string;
}

/** What a device may send, by `type`. */
export const deviceFrames = {
  hello: Hello,
  progress: Progress,
  failed: Failed,
  postpone: Postpone,
  url: UrlRequest,
} as const;
export type DeviceFrame = InstanceType<(typeof deviceFrames)[keyof typeof deviceFrames]>;

/** What the cloud may send, by `type`. */
export const cloudFrames = {
  welcome: Welcome,
  update: UpdateOffer,
  url: FreshUrl,
  cancel: Cancel,
  error: TunnelError,
} as const;
export type CloudFrame = InstanceType<(typeof cloudFrames)[keyof typeof cloudFrames]>;
