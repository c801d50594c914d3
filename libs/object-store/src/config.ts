/** Where objects are kept. */
export interface ObjectStoreConfig {
  /** The S3 server as this process reaches it, path style; undefined: Amazon S3 in `region`. */
  endpoint?: string | undefined;
  /** The authority of the endpoint's certificate, PEM; default: those of Node. */
  ca?: string | undefined;
  /** What presigned URLs name, e.g. the origin that devices see; it must be https. Default: `endpoint`. */
  public_endpoint?: string | undefined;
  /** Lets presigned URLs be http. For development: whoever listens can use them and change what they bring. */
  allow_insecure_downloads?: boolean;
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
 * @throws InsecurePublicEndpoint when it is not https and that is not allowed
 */
export function publicEndpointOf(config: ObjectStoreConfig): string | undefined {
  const shown = config.public_endpoint ?? config.endpoint;
  if (config.allow_insecure_downloads) return shown;
  if (shown !== undefined && new URL(shown).protocol !== 'https:') throw new InsecurePublicEndpoint(shown);
  return shown;
}
