/**
 * What no text of an event may hold: NUL and half a surrogate pair, which PostgreSQL's jsonb refuses, so that the row of whoever wrote it
 * would stand still; and other control characters but tab and line ends, which are there to fool whoever reads it on a terminal.
 */
const ILLEGIBLE = /\p{Cs}|(?![\t\n\r])\p{Cc}/gu;
const REPLACEMENT = '\u{fffd}';

/** What JSON writes of any of them: an escape, or a character that it leaves as it is. */
const DOUBTFUL = /\\[bfu]|[\u007f-\u009f]/;

/**
 * A JSON value with U+FFFD in place of every character that its texts may not hold, names of members too. Lengths stay as they are. The value
 * itself when nothing in it can be one.
 */
export function legible<T>(value: T): T {
  return DOUBTFUL.test(String(JSON.stringify(value))) ? (cleaned(value) as T) : value;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(ILLEGIBLE, REPLACEMENT);
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [cleaned(name), cleaned(member)]));
}
