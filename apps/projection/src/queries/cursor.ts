import { Refused, parseJson } from '@edgeflow/contracts';

/** The fields by which a list is ordered, each with what says whether a value may be one. */
export type KeyFields<K> = { readonly [N in keyof K]: (value: unknown) => value is K[N] };

/** A cursor is the key of the last item that was shown, opaque to clients: they must not build on what is in it. */
export function encodeCursor(key: object): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** @throws Refused `invalid-request` when it is not a cursor of this list */
export function decodeCursor<K extends object>(fields: KeyFields<K>, cursor: string): K {
  const refused = (cause?: unknown): Refused =>
    new Refused('invalid-request', 'cursor must be the next_cursor of an answer of this list', {}, { cause });
  try {
    const key = parseJson(Buffer.from(cursor, 'base64url'), { code: 'invalid-request', what: 'cursor' }) as K;
    for (const name in fields) if (!fields[name](key[name])) throw refused();
    return key;
  } catch (cause) {
    throw refused(cause);
  }
}

/** A position of the log, or a place in a list. */
export function isPosition(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
