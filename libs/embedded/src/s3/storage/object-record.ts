/** What HTTP headers a client may store with an object. */
export const STORED_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const;

/** What a client says of an object besides its bytes. */
export interface ObjectAttributes {
  headers: Readonly<Partial<Record<(typeof STORED_HEADERS)[number], string>>>;
  /** User metadata, without the x-amz-meta- prefix. */
  metadata: Readonly<Record<string, string>>;
}

/** The record beside an object's data file; the object exists when its record does. */
export interface ObjectRecord extends ObjectAttributes {
  key: string;
  /** The data file's name. */
  file: string;
  size: number;
  /** Without quotes. */
  etag: string;
  /** Of the whole object, hexadecimal, computed here while it was written. */
  sha256: string;
  /** ISO 8601, UTC. */
  modified_at: string;
  /** The multipart upload that it came from: completing it again is answered in the same way. */
  upload_id?: string;
}
