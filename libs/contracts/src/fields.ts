import { applyDecorators } from './decorators.js';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { TOKEN_PATTERN } from './tokens.js';

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

/** What a time that does not match is told, in words. */
export const TIME_WORDS = 'must be a time that exists, in RFC 3339';

/** A model, a fleet or a tag. */
export const IsLabel = (): PropertyDecorator =>
  applyDecorators(
    IsString(),
    Matches(LABEL_PATTERN, { message: '$property must match [A-Za-z0-9][A-Za-z0-9._:=+/-]{0,63}' }),
  );

/** The models that one image is for: at least one, each once. */
export const IsModels = (): PropertyDecorator =>
  applyDecorators(
    IsArray(),
    ArrayMinSize(1),
    ArrayMaxSize(64),
    ArrayUnique(),
    IsString({ each: true }),
    Matches(LABEL_PATTERN, { each: true }),
  );

/** A subject token: an id or an org. */
export const IsToken = (): PropertyDecorator =>
  applyDecorators(IsString(), Matches(TOKEN_PATTERN, { message: '$property must match [A-Za-z0-9_-]{1,64}' }));

const VERSION_MAX = 64;

/** A semantic version of at most 64 characters. */
export const IsVersion = (): PropertyDecorator =>
  applyDecorators(
    IsString(),
    MaxLength(VERSION_MAX),
    Matches(SEMVER_PATTERN, { message: '$property must be a semantic version, like 1.3.0' }),
  );

/** True for a version that a firmware may have: what a device runs may be called otherwise. */
export function isVersion(text: string): boolean {
  return text.length <= VERSION_MAX && SEMVER_PATTERN.test(text);
}

/** What a device may call what it runs: any text on one line. Nobody is locked out for a name. */
export const REPORTED_VERSION_PATTERN = /^[^\p{Cc}\p{Cs}]{1,128}$/u;

/** The version that a device says it runs, be it a semantic one or `factory-2019-07`. */
export const IsReportedVersion = (): PropertyDecorator =>
  applyDecorators(
    IsString(),
    Matches(REPORTED_VERSION_PATTERN, {
      message: '$property must be 1 to 128 characters, none of them a control character',
    }),
  );

/** A SHA-256 as 64 lower-case hex digits. */
export const IsSha256 = (): PropertyDecorator =>
  applyDecorators(IsString(), Matches(/^[0-9a-f]{64}$/, { message: '$property must be 64 lower-case hex digits' }));

/** A point in time, RFC 3339. */
export const IsTime = (): PropertyDecorator =>
  applyDecorators(IsString(), Matches(TIME_PATTERN, { message: `$property ${TIME_WORDS}` }));

/** Free text for people, at most `max` characters. */
export const IsText = (max: number): PropertyDecorator => applyDecorators(IsString(), MaxLength(max));

/** The number of an update on its device: 1, 2, 3 …, below 2^31, since it is also the DDI action id. */
export const IsUpdateNumber = (): PropertyDecorator => applyDecorators(IsInt(), Min(1), Max(2 ** 31 - 1));

/** A percentage, 0 to 100, whole. */
export const IsPercent = (): PropertyDecorator => applyDecorators(IsInt(), Min(0), Max(100));
