/**
 * What JSON can say and PostgreSQL cannot store: NUL, and halves of surrogate pairs. They come from devices' messages, and one of them
 * must not cost the whole event. An even number of backslashes before it makes it an escape.
 */
const UNSTORABLE = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g;

/** A value as JSON that PostgreSQL can store. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSTORABLE, '$1\\ufffd');
}

/** A NUL, or what may be half of a pair. */
const DOUBTFUL = /[\0\ud800-\udfff]/;

/** A text, or texts, that PostgreSQL can store; anything else as it is. */
export function storable<V>(value: V): V {
  if (typeof value === 'string') {
    return DOUBTFUL.test(value) ? (value.replaceAll('\0', '\ufffd').toWellFormed() as V) : value;
  }
  return Array.isArray(value) ? (value.map(storable) as V) : value;
}
