import { isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * Whether a request comes from inside the installation: straight to this service, whose port only the inner network reaches, or by the
 * origin for a client on the origin's own machine. Whoever says that it was forwarded and is no trusted proxy (TRUSTED_PROXIES) is
 * outside: an origin that nobody named as one must not tell the public what the inside looks like.
 */
export function isFromInside({ headers, ips = [], ip }: Pick<FastifyRequest, 'headers' | 'ips' | 'ip'>): boolean {
  const isForwarded = headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined;
  // The first address is the connection's own; the next were believed.
  return !isForwarded || (ips.length > 1 && isLoopback(ip));
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}
