import { Refused } from '@edgeflow/contracts';

/** Where the cloud is: the two addresses an agent needs. */
export interface Origin {
  /** Where HTTP goes. */
  readonly http: string;
  readonly tunnel: URL;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * The addresses at an origin such as `https://ota.example.com` (docs/device-protocol.md).
 * @throws Refused 'invalid-request' for anything but https; plain http is for a gateway on this machine's loopback only
 */
export function parseOrigin(origin: string): Origin {
  if (!URL.canParse(origin)) throw new Refused('invalid-request', `the origin ${origin} is not a URL`);
  const url = new URL(origin);
  const plain = url.protocol === 'http:' && LOOPBACK.has(url.hostname);
  if (url.protocol !== 'https:' && !plain) throw new Refused('invalid-request', `the origin ${origin} is not https`);
  const tunnel = new URL('/gateway/v1/tunnel', url);
  tunnel.protocol = plain ? 'ws:' : 'wss:';
  return { http: url.origin, tunnel };
}
