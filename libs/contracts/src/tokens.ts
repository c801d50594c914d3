/** What a subject token may be (docs/architecture.md, "The log"): nothing that NATS reads as structure can get into a subject. */
export const TOKEN_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * What a device may be called: also a MAC address or a dotted serial number. Not `.` and `..`, which no path of a URL can name.
 * In a subject it is written as `subjects.ts` says (ADR-0040).
 */
export const DEVICE_ID_PATTERN = /^(?!\.{1,2}$)[A-Za-z0-9_.:-]{1,64}$/;

/** True for the id of a device. */
export function isDeviceId(value: unknown): value is string {
  return typeof value === 'string' && DEVICE_ID_PATTERN.test(value);
}

/** What is said of a text that should be the id of a device and is none. */
export const DEVICE_ID_WORDS = 'must be 1 to 64 letters, digits, _, -, : and ., and not . or .. alone';

/** What is said of a text that should be a token and is none. */
export const TOKEN_WORDS = 'must be 1 to 64 letters, digits, _ and -';

/** True for a string that may stand as an org, an entity's id or an event's name in a subject. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN_PATTERN.test(value);
}
