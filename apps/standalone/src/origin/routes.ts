import type { Service } from '../services.js';

/** Who answers a request. */
export type Target =
  | { kind: 'service'; service: Service }
  /** The bucket: the path and the Host header are signed, so nothing of either may change. */
  | { kind: 'bucket' }
  | { kind: 'index' }
  | { kind: 'nobody' };

/** Who answers for this path, `bucket` only where the bucket is behind the origin. */
export function route(url: string, services: readonly Service[], bucket: string | undefined): Target {
  const path = url.split('?', 1)[0] ?? '/';
  if (path === '/') return { kind: 'index' };
  const first = path.split('/', 2)[1] ?? '';
  const service = services.find(({ prefix }) => prefix === first);
  if (service) return { kind: 'service', service };
  return bucket !== undefined && first === bucket ? { kind: 'bucket' } : { kind: 'nobody' };
}

/** What is here, for whoever asks for `/`. */
export function index(services: readonly Service[]): object {
  return {
    name: 'EdgeFlow OTA',
    services: services.map(({ name, prefix }) => ({
      name,
      openapi: `/${prefix}/openapi.json`,
      ready: `/${prefix}/readyz`,
      metrics: `/${prefix}/metrics`,
    })),
    tunnel: '/gateway/v1/tunnel',
  };
}
