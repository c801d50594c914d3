import type { IncomingMessage } from 'node:http';

/** RFC 3986, section 3.2.2, with a port: a name, an IPv4 address or an IPv6 address in brackets. */
const HOST = /^([A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/;

/**
 * What is wrong with the Host of a request, undefined when nothing is. A server must refuse none, two, or one that is no host (RFC 9112,
 * section 3.2): whoever stands in front may have read another one than we would.
 */
export function hostFault({ rawHeaders, httpVersion }: IncomingMessage): string | undefined {
  const hosts = rawHeaders.filter(
    (_, index) => rawHeaders[index - (index % 2)]?.toLowerCase() === 'host' && index % 2 === 1,
  );
  if (hosts.length > 1) return 'The request has more than one Host header';
  const [host] = hosts;
  if (host === undefined) return httpVersion === '1.0' ? undefined : 'The request has no Host header';
  return HOST.test(host) ? undefined : 'The Host header is not well formed';
}
