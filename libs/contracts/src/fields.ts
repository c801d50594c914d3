import { Type } from 'class-transformer';
import { applyDecorators } from './decorators.js';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsLike, sayOf } from './pattern-words.js';
import { DEVICE_ID_PATTERN, DEVICE_ID_WORDS, TOKEN_PATTERN, TOKEN_WORDS } from './tokens.js';

/** The pattern of semver.org (2.0.0, its FAQ's last answer): no leading v, no blanks. */
export const SEMVER_PATTERN =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;

/** What a model, a fleet or a tag may be called: they never stand in a subject, so dots and colons are welcome. */
export const LABEL_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:=+/-]{0,63}$/;

/** A day that is in the calendar, years 1 to 9999; 29 February where a year has one. */
const DAY =
  '(?!0000)(?:\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))' +
  '|(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)';

/**
 * RFC 3339 with a time zone. What looks like a time and is none (31 June) is refused here, where it comes in: JavaScript takes it for
 * another day, and PostgreSQL for an error, as it does offsets of 16 hours and more, which no zone has.
 */
export const TIME_PATTERN = new RegExp(
  `^${DAY}T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:0\\d|1[0-5]):[0-5]\\d)$`,
);

const SHA256_PATTERN = /^[0-9a-f]{64}$/;

/** What a device may call what it runs: any text on one line. Nobody is locked out for a name. */
export const REPORTED_VERSION_PATTERN = /^[^\p{Cc}\p{Cs}]{1,128}$/u;

sayOf(SEMVER_PATTERN, 'must be a semantic version, like 1.3.0');
sayOf(LABEL_PATTERN, 'must be 1 to 64 letters, digits and any of ._:=+/-, the first a letter or a digit, like edge-gw');
sayOf(TOKEN_PATTERN, TOKEN_WORDS);
sayOf(DEVICE_ID_PATTERN, DEVICE_ID_WORDS);
sayOf(TIME_PATTERN, 'must be a time that exists, in RFC 3339, like 2027-03-01T02:00:00Z');
sayOf(SHA256_PATTERN, 'must be 64 lower-case hex digits');
sayOf(REPORTED_VERSION_PATTERN, 'must be 1 to 128 characters, none of them a control character');

/** A model, a fleet or a tag. */
export const IsLabel = (): PropertyDecorator => applyDecorators(IsString(), IsLike(LABEL_PATTERN));

/** True for a text that may be the name of a model, a fleet or a tag. */
export function isLabel(text: string): boolean {
  return LABEL_PATTERN.test(text);
}

/** A value of a decorated class. */
export const IsA = (of: () => new () => object): PropertyDecorator => applyDecorators(ValidateNested(), Type(of));

/** At most `max` values of a decorated class. */
export const IsListOf = (of: () => new () => object, max: number): PropertyDecorator =>
  applyDecorators(IsArray(), ArrayMaxSize(max), ValidateNested({ each: true }), Type(of));

/** A list that has nothing twice. */
export const HasEachOnce = (): PropertyDecorator => ArrayUnique({ message: '$property has something twice' });

/** At most `max` texts that match a pattern which has words, `min` at least. */
export const IsListLike = (pattern: RegExp, max: number, { min = 0, unique = false } = {}): PropertyDecorator =>
  applyDecorators(
    IsArray(),
    ...(min > 0 ? [ArrayMinSize(min)] : []),
    ArrayMaxSize(max),
    ...(unique ? [HasEachOnce()] : []),
    IsString({ each: true }),
    IsLike(pattern, { each: true }),
  );

/** The models that one image is for: at least one, each once. */
export const IsModels = (): PropertyDecorator => IsListLike(LABEL_PATTERN, 64, { min: 1, unique: true });

/** A subject token: an id or an org. */
export const IsToken = (): PropertyDecorator => applyDecorators(IsString(), IsLike(TOKEN_PATTERN));

/** The id of a device. */
export const IsDeviceId = (): PropertyDecorator => applyDecorators(IsString(), IsLike(DEVICE_ID_PATTERN));

const VERSION_MAX = 64;

/** A semantic version of at most 64 characters. */
export const IsVersion = (): PropertyDecorator =>
  applyDecorators(IsString(), MaxLength(VERSION_MAX), IsLike(SEMVER_PATTERN));

/** True for a version that a firmware may have: what a device runs may be called otherwise. */
export function isVersion(text: string): boolean {
  return text.length <= VERSION_MAX && SEMVER_PATTERN.test(text);
}

/** The version that a device says it runs, be it a semantic one or `factory-2019-07`. */
export const IsReportedVersion = (): PropertyDecorator => applyDecorators(IsString(), IsLike(REPORTED_VERSION_PATTERN));

/** A SHA-256 as 64 lower-case hex digits. */
export const IsSha256 = (): PropertyDecorator => applyDecorators(IsString(), IsLike(SHA256_PATTERN));

/** A point in time, RFC 3339. */
export const IsTime = (): PropertyDecorator => applyDecorators(IsString(), IsLike(TIME_PATTERN));

/** Free text for people, at most `max` characters. */
export const IsText = (max: number): PropertyDecorator => applyDecorators(IsString(), MaxLength(max));

/** The most devices that one claim token lets in. */
export const CLAIM_USES_MAX = 1_000_000;

/** The number of an update on its device: 1, 2, 3 …, below 2^31, since it is also the DDI action id. */
export const IsUpdateNumber = (): PropertyDecorator => applyDecorators(IsInt(), Min(1), Max(2 ** 31 - 1));

/** A percentage, 0 to 100, whole. */
export const IsPercent = (): PropertyDecorator => applyDecorators(IsInt(), Min(0), Max(100));
