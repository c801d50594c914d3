import { Refused, assertShape, parseJson, type SchemaClass } from '@edgeflow/contracts';

/** A cursor is the key of the last item that was shown, opaque to clients: they must not build on what is in it. */
export function encodeCursor(key: object): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** @throws Refused `invalid-request` when it is not a cursor of this list */
export function decodeCursor<K extends object>(keyClass: SchemaClass<K>, cursor: string): K {
  try {
    const key: unknown = parseJson(Buffer.from(cursor, 'base64url'), { code: 'invalid-request', what: 'cursor' });
    assertShape(keyClass, key, 'invalid-request');
    return key;
  } catch (cause) {
    throw new Refused('invalid-request', 'cursor must be the next_cursor of an answer of this list', {}, { cause });
  }
}
