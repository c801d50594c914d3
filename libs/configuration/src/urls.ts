/** A host, a port and what surrounds them, as far as a URL has them. */
interface UrlRules {
  /** With their colon: `https:`. */
  protocols: readonly string[];
  /** How it looks, for the message. */
  like: string;
  /** Whether it may say who asks. */
  credentials?: boolean;
  path?: boolean;
  query?: boolean;
}

/** Told where a character of a password may have ended the host's part of the URL early. */
const ENCODE = 'with everything but letters, digits and -._~ in its user and password percent-encoded';

/**
 * Why a text is no URL of this kind; undefined when it is one. Never says a word of it: there may be a password in it.
 * @returns a reason that goes after the name of the variable
 */
export function urlFault(text: string, { protocols, like, credentials, path, query }: UrlRules): string | undefined {
  const shape = `must be a URL like ${like}`;
  if (!URL.canParse(text)) return credentials ? `${shape}, ${ENCODE}` : shape;
  const url = new URL(text);
  if (!protocols.includes(url.protocol) || url.host === '' || url.hostname === '') return shape;
  if (!credentials && (url.username !== '' || url.password !== '')) return `${shape}, without user and password`;
  const isOdd = url.hash !== '' || (!path && url.pathname.length > 1) || (!query && url.search !== '');
  if (isOdd) return credentials ? `${shape}, ${ENCODE}` : shape;
  return [url.username, url.password].every(isDecodable) ? undefined : `${shape}, ${ENCODE}`;
}

/** Why a text is no http(s) URL; undefined when it is one. */
export function httpUrlFault(text: string): string | undefined {
  return urlFault(text, { protocols: ['http:', 'https:'], like: 'https://host:port', path: true });
}

/** True for text whose percent-encodings mean something. */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
