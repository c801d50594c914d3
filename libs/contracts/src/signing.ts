import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { applyDecorators } from './decorators.js';
import { IsA, IsListLike, IsListOf, IsModels, IsSha256, IsTime, IsToken, IsVersion } from './fields.js';
import { IsLike, sayOf } from './pattern-words.js';
import { SIGNATURE_POLICIES } from './vocabulary.js';

/** What a publisher may call a signing key, in the `kid` of its signatures: e.g. a thumbprint (RFC 7638) or a name with a year. */
export const KEY_ID_PATTERN = /^[A-Za-z0-9_.:=+/-]{1,128}$/;
/** The longest manifest that is read, in bytes: it goes down the tunnel in one frame with its update. */
export const MANIFEST_MAX_BYTES = 8 * 1024;
/** The most key statements that an update carries to a device. */
export const KEY_STATEMENTS_MAX = 4;
/** The JWS header `typ` of a firmware manifest; a manifest may do without one. */
export const MANIFEST_TYPE = 'edgeflow-firmware+jws';
/** The JWS header `typ` of a key statement, which keeps the two from being taken for each other (RFC 8725, section 3.11). */
export const KEY_STATEMENT_TYPE = 'edgeflow-key+jws';

const X_PATTERN = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const LOOSE_X_PATTERN = /^[A-Za-z0-9_-]{43}$/;
const SIGNATURE_PATTERN = /^[A-Za-z0-9_-]{86}$/;
sayOf(KEY_ID_PATTERN, 'must be 1 to 128 letters, digits and any of _.:=+/-');
sayOf(X_PATTERN, 'must be 32 bytes in base64url');
sayOf(LOOSE_X_PATTERN, 'must be 32 bytes in base64url');
sayOf(SIGNATURE_PATTERN, 'must be 64 bytes in base64url');

/** The id of a signing key. */
export const IsKeyId = (): PropertyDecorator => applyDecorators(IsString(), IsLike(KEY_ID_PATTERN));

/** A release counter: it never falls from one release of a model to the next. */
export const IsReleaseCounter = (): PropertyDecorator => applyDecorators(IsInt(), Min(0), Max(Number.MAX_SAFE_INTEGER));

/** The `x` of an Ed25519 public key: 32 bytes in base64url; the last digit holds 4 bits, so that each key has one spelling. */
export const IsEd25519X = (): PropertyDecorator => applyDecorators(IsString(), IsLike(X_PATTERN));

/** An Ed25519 public key: JWK, OKP (RFC 8037). */
export class Ed25519PublicKey {
  @IsIn(['OKP']) kty!: 'OKP';
  @IsIn(['Ed25519']) crv!: 'Ed25519';
  /** 32 bytes, base64url without padding. */
  @IsString() @IsLike(LOOSE_X_PATTERN) x!: string;
}

/**
 * A JWS as flattened JSON (RFC 7515, section 7.2.2): how a signature stands in an event, where the compact form would look like a
 * bearer token to every scanner for secrets.
 */
export class FlattenedJws {
  @IsString() @MaxLength(1024) protected!: string;
  @IsString() @MaxLength(MANIFEST_MAX_BYTES) payload!: string;
  @IsString() @IsLike(SIGNATURE_PATTERN) signature!: string;
}

/** What the publisher signs of a firmware: the payload of its manifest. */
export class FirmwareManifest {
  @IsToken() org!: string;
  @IsModels() models!: string[];
  @IsVersion() version!: string;
  @IsSha256() sha256!: string;
  /** Bytes. */
  @IsInt() @Min(1) size!: number;
  @IsReleaseCounter() release_counter!: number;
  /** After this time the firmware is not offered, and a device does not begin to install it. */
  @IsTime() expires_at!: string;
  /** The publisher lets devices that have run a higher release counter go down to this firmware. */
  @IsOptional() @IsBoolean() allow_downgrade?: boolean;
}

/** What a signing key says of another one, so that devices follow a key rotation: the payload of a key statement. */
export class KeyStatement {
  @IsToken() org!: string;
  /** The key that is to be trusted from now on. */
  @IsKeyId() kid!: string;
  @IsA(() => Ed25519PublicKey) public_key!: Ed25519PublicKey;
  /** Keys that are not to be trusted any more. */
  @IsOptional() @IsListLike(KEY_ID_PATTERN, 16) revokes?: string[];
  @IsTime() issued_at!: string;
}

/** The signature of a firmware, as events carry it: the manifest, and of what it says all that decisions need. */
export class FirmwareSignature {
  @IsKeyId() kid!: string;
  @IsReleaseCounter() release_counter!: number;
  @IsTime() expires_at!: string;
  @IsOptional() @IsBoolean() allow_downgrade?: boolean;
  @IsA(() => FlattenedJws) manifest!: FlattenedJws;
}

/** A signing key as a device is told of it. */
export class DeviceSigningKey {
  @IsKeyId() kid!: string;
  @IsA(() => Ed25519PublicKey) public_key!: Ed25519PublicKey;
}

/** What the log knows of the signing keys that a device knows. */
export class KnownSigningKeys {
  /** Where its first registration stands in the log: it was told the keys in force then. */
  @IsInt() @Min(0) enrolled_at!: number;
  /** The key of the last signed firmware that it installed. */
  @IsOptional() @IsKeyId() accepted?: string;
}

/** What a device is told at its registration of the signatures of its organization; it keeps what it was told first. */
export class DeviceSigning {
  @IsIn(SIGNATURE_POLICIES) signature!: (typeof SIGNATURE_POLICIES)[number];
  @IsListOf(() => DeviceSigningKey, 64) keys!: DeviceSigningKey[];
}
