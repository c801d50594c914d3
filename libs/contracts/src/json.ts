import { Refused, type ErrorCode } from './errors.js';

/** Far more levels than any document of ours has; what is deeper would exhaust the stack of whoever walks it. */
export const JSON_DEPTH_MAX = 32;

const utf8 = new TextDecoder('utf-8', { fatal: true });
const [QUOTE, BACKSLASH, OPEN_LIST, OPEN_OBJECT, CLOSE_LIST, CLOSE_OBJECT] = [0x22, 0x5c, 0x5b, 0x7b, 0x5d, 0x7d];

/**
 * True when a JSON text holds values in values deeper than that. It looks at the bytes once, without recursion and without parsing, so that
 * it may be asked before anything else looks at what a stranger sent. Of what is no JSON it says something, and never throws.
 */
export function isNestedDeeper(text: Uint8Array, max = JSON_DEPTH_MAX): boolean {
  if (opensAtMost(text, max)) return false;
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const byte = text[index];
    if (isInString) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1;
    if (depth > max) return true;
  }
  return false;
}

/** True when a text has so few brackets, in strings or not, that nothing can be nested deeper: what most have is found without a look at each byte. */
function opensAtMost(text: Uint8Array, max: number): boolean {
  let left = max;
  for (const bracket of [OPEN_LIST, OPEN_OBJECT]) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      left -= 1;
      if (left < 0) return false;
    }
  }
  return true;
}

/**
 * The value in a JSON text that came from outside: in UTF-8, and not nested deeper than 32 levels, which is looked at first.
 * @param what it is, for the refusal: `the body`
 * @throws Refused `code`
 */
export function parseJson(
  text: string | Uint8Array,
  { code = 'event-invalid', what = 'the body' }: { code?: ErrorCode; what?: string } = {},
): unknown {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  if (isNestedDeeper(bytes)) throw new Refused(code, `${what} is nested deeper than ${JSON_DEPTH_MAX} levels`);
  try {
    return JSON.parse(typeof text === 'string' ? text : utf8.decode(bytes));
  } catch (cause) {
    throw new Refused(code, `${what} is not JSON in UTF-8`, {}, { cause });
  }
}

/** True for what is `{…}` in JSON: no list, and not null. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
