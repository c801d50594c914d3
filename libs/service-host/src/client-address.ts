import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';

/**
 * Where a request comes from that Fastify does not see, e.g. an upgrade: as Fastify says it of others, the last address that no trusted
 * proxy has named.
 * @param trusted TRUSTED_PROXIES
 */
export function clientAddresses(trusted: string): (request: IncomingMessage) => string {
  const isTrusted = proxyAddr.compile(trusted.split(',').map((entry) => entry.trim()));
  return (request) => proxyAddr(request, isTrusted);
}
