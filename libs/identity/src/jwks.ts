import { readFile, stat } from 'node:fs/promises';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** Finds the public key that a token's header names; it throws when there is none. */
export type JwksSource = JWTVerifyGetKey;

/** How long a change of the file may go unseen, in milliseconds; an unknown `kid` makes it look at once. */
const FILE_CHECK_MS = 1000;

/** A JWK set in a file, read again when the file has changed. */
class JwksFile {
  private keys: JwksSource | undefined;
  private version = '';
  private checkedAt = 0;

  constructor(private readonly url: URL) {}

  readonly find: JwksSource = async (header, token) => {
    const keys = await this.current(false);
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await this.current(true))(header, token);
    }
  };

  private async current(now: boolean): Promise<JwksSource> {
    if (this.keys && !now && Date.now() - this.checkedAt < FILE_CHECK_MS) return this.keys;
    const { mtimeMs, size, ino } = await stat(this.url);
    const version = `${mtimeMs}-${size}-${ino}`;
    if (!this.keys || version !== this.version) {
      this.keys = createLocalJWKSet(JSON.parse(await readFile(this.url, 'utf8')) as JSONWebKeySet);
      this.version = version;
    }
    this.checkedAt = Date.now();
    return this.keys;
  }
}

/**
 * The keys that AUTH_JWKS_URL names.
 * @param url `file://` (read again when the file changes) or `http(s)://` (cached, fetched again for an unknown `kid`)
 * @throws Error when the URL is of another kind
 */
export function jwksFrom(url: string): JwksSource {
  const parsed = new URL(url);
  if (parsed.protocol === 'file:') return new JwksFile(parsed).find;
  if (parsed.protocol === 'http:' || parsed.protocol === 'https:') return createRemoteJWKSet(parsed);
  throw new Error(`AUTH_JWKS_URL must be file://, http:// or https://, not ${parsed.protocol}//`);
}

/** Keys that are at hand, for tests and for an issuer in the same process. */
export function jwksOf(jwks: JSONWebKeySet): JwksSource {
  return createLocalJWKSet(jwks);
}
