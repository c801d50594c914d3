import type { Outgoing } from '@edgeflow/client/node';
import type { Incoming, Network } from '../cloud/network.js';
import { strange, type Cut } from './resume.js';

/** So many redirects of one request are followed. */
const REDIRECTS_MAX = 5;
const REDIRECT = new Set([301, 302, 303, 307, 308]);

/**
 * Asks for a URL and follows its redirects: https only, to the origin of the URL itself or to a host that the device's own settings
 * name, at most five (docs/device-protocol.md). No request but the tunnel's carries the device's token, and no redirect gets one.
 * @param hosts as in a URL, with the port where it is not 443
 * @returns what came at the end of them, or why one of them was not followed
 * @throws the network's own error, or an AbortError
 */
export async function follow(
  url: URL,
  options: Outgoing & { connections: Network; hosts: readonly string[] },
): Promise<Incoming | Cut> {
  const { connections, hosts, ...request } = options;
  const allowed = new Set([url.host, ...hosts]);
  let at = url;
  for (let redirects = 0; ; redirects += 1) {
    const response = await connections.request(at, request);
    if (!REDIRECT.has(response.statusCode ?? 0)) return response;
    response.destroy();
    const { location = '' } = response.headers;
    if (redirects === REDIRECTS_MAX) return strange(`more than ${REDIRECTS_MAX} redirects, which is not followed`);
    if (!location || !URL.canParse(location, at.href)) return strange(`a redirect to nowhere, which is not followed`);
    const next = new URL(location, at);
    // Only the origin: what a redirect says beyond it may be a secret.
    if (next.protocol !== 'https:' || !allowed.has(next.host))
      return strange(`a redirect to ${next.origin}, which is not followed`);
    at = next;
  }
}
