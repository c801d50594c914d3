/** Where objects are kept. */
export interface ObjectStoreConfig {
  /** The S3 server as this process reaches it, path style; undefined: Amazon S3 in `region`. */
  endpoint?: string | undefined;
  /** What presigned URLs name, e.g. the origin that devices see; it must be https. Default: `endpoint`. */
  public_endpoint?: string | undefined;
  region: string;
  bucket: string;
  access_key_id: string;
  secret_access_key: string;
}

/** Presigned URLs would go over plain http: whoever listens could use them for an hour and change what they bring. */
export class InsecurePublicEndpoint extends Error {
  override readonly name = 'InsecurePublicEndpoint';

  constructor(readonly endpoint: string) {
    super(`presigned URLs must be https, and the public endpoint of the object store is ${endpoint}`);
  }
}

/**
 * The endpoint that presigned URLs name; undefined for Amazon S3 itself.
 * @throws InsecurePublicEndpoint when it is not https
 */
export function publicEndpointOf({ endpoint, public_endpoint }: ObjectStoreConfig): string | undefined {
  const shown = public_endpoint ?? endpoint;
  if (shown !== undefined && new URL(shown).protocol !== 'https:') throw new InsecurePublicEndpoint(shown);
  return shown;
}
