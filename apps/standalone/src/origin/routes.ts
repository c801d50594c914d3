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

/**
 * Whether a request asks for metrics, however it spells that. They tell more of an installation than its clients need to know: who
 * collects them asks each service at its own port.
 */
export function asksForMetrics(url: string): boolean {
  const path = (url.split('?', 1)[0] ?? '/').replace(/%[0-9a-f]{2}/gi, decodeByte);
  return path.split('/').filter(Boolean).at(-1)?.toLowerCase() === 'metrics';
}

function decodeByte(encoded: string): string {
  return String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
}

/** Whether a request to the bucket only reads: services write to the store by themselves, and nobody else does. */
export function isDownload({ method }: { method?: string | undefined }): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** What is here, for whoever asks for `/`; deploy/Caddyfile says the same. */
export function index(services: readonly Service[]): object {
  return {
    name: 'EdgeFlow OTA',
    services: services.map(({ name, prefix }) => ({
      name,
      openapi: `/${prefix}/openapi.json`,
      ready: `/${prefix}/readyz`,
    })),
    tunnel: '/gateway/v1/tunnel',
  };
}
