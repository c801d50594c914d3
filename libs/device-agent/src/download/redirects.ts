import type { IncomingMessage } from 'node:http';
import type { Connections, RequestOptions } from '../cloud/connections.js';

/** So many redirects of one request are followed. */
const REDIRECTS_MAX = 5;
const REDIRECT = new Set([301, 302, 303, 307, 308]);

/** What came at the end of the redirects, or why one of them was not followed. */
export type Followed = { type: 'answer'; response: IncomingMessage } | { type: 'strange'; reason: string };

/**
 * Asks for a URL and follows its redirects: https only, to the origin of the URL itself or to a host that the device's own settings
 * name, at most five (docs/device-protocol.md). No request but the tunnel's carries the device's token, and no redirect gets one.
 * @param hosts as in a URL, with the port where it is not 443
 * @throws the network's own error, or an AbortError
 */
export async function follow(
  url: URL,
  options: RequestOptions & { connections: Connections; hosts: readonly string[] },
): Promise<Followed> {
  const { connections, hosts, ...request } = options;
  const allowed = new Set([url.host, ...hosts]);
  let at = url;
  for (let redirects = 0; ; redirects += 1) {
    const response = await connections.request(at, request);
    if (!REDIRECT.has(response.statusCode ?? 0)) return { type: 'answer', response };
    response.destroy();
    const { location = '' } = response.headers;
    if (redirects === REDIRECTS_MAX) return notFollowed(`more than ${REDIRECTS_MAX} redirects`);
    if (!location || !URL.canParse(location, at.href)) return notFollowed('a redirect to nowhere');
    const next = new URL(location, at);
    // Only the origin: what a redirect says beyond it may be a secret.
    if (next.protocol !== 'https:' || !allowed.has(next.host)) return notFollowed(`a redirect to ${next.origin}`);
    at = next;
  }
}

function notFollowed(why: string): Followed {
  return { type: 'strange', reason: `the answer is not the image: ${why}, which is not followed` };
}
