import { Refused } from './errors.js';

/** Printable ASCII that stands for itself: U+0021 to U+007E without `"` and `%` (CloudEvents HTTP and NATS bindings, 3.1.3.2). */
const PLAIN = /^[\x21\x23\x24\x26-\x7e]*$/;
/** What a CloudEvents String may not hold (spec 1.0.2, 3.1.1): control characters, lone surrogates, non-characters. */
const ILLEGAL = /[\p{Cc}\p{Surrogate}\ufdd0-\ufdef\ufffe\uffff]/u;
/** The last two code points of every plane are non-characters. */
const isNonCharacter = (codePoint: number): boolean => (codePoint & 0xfffe) === 0xfffe;

/** True for a string that CloudEvents allows as an attribute's value. */
export function isLegalAttribute(value: string): boolean {
  return !ILLEGAL.test(value) && ![...value].some((char) => isNonCharacter(char.codePointAt(0) ?? 0));
}

/**
 * An attribute's value as a header's value: percent-encoded UTF-8 wherever the header could not carry it as it is.
 * @throws Refused `event-invalid` for a value that CloudEvents does not allow, CR and LF among them
 */
export function encodeAttribute(value: string): string {
  if (PLAIN.test(value)) return value; // Nearly every attribute; this is on the path of every append.
  if (!isLegalAttribute(value))
    throw new Refused('event-invalid', 'an attribute holds a character that is not allowed');
  return [...value].map((char) => (PLAIN.test(char) ? char : encodeURIComponent(char))).join('');
}

/** The reverse. Tolerant of `%` that starts no escape. @throws Refused `event-invalid` when the result is not legal. */
export function decodeAttribute(value: string): string {
  if (PLAIN.test(value)) return value;
  const decoded = value.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  );
  if (!isLegalAttribute(decoded))
    throw new Refused('event-invalid', 'an attribute holds a character that is not allowed');
  return decoded;
}
