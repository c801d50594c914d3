import { oddHosts, oddPaths, protocols } from './origin-odd-requests.js';
import type { OriginRequest } from './origin-request.js';

/** What there is at the installation that is asked. */
export interface OriginFixtures {
  bucket: string;
  /** Path and query of a presigned download of at least 16 bytes. */
  download: string;
  /** Path and query of a presigned download of an object that there is not. */
  missing: string;
  /** A viewer's bearer token. */
  token: string;
}

const PREFIXES = ['registry', 'orchestrator', 'gateway', 'query'];
const json = (text: string): Pick<OriginRequest, 'lines' | 'body'> => ({
  lines: ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`],
  body: text,
});
/**
 * What every origin of EdgeFlow is asked: standalone's, and Caddy with deploy/Caddyfile. They must answer alike
 * (origins.security.spec.ts, and the run of the compose file).
 */
export function originRequests({ bucket, download, missing, token }: OriginFixtures): OriginRequest[] {
  return [
    ...services(token),
    ...downloads(bucket, download, missing),
    ...oddPaths(bucket),
    ...oddHosts(),
    ...protocols(bucket, download, token),
  ];
}

function services(token: string): OriginRequest[] {
  const own = PREFIXES.flatMap((prefix): OriginRequest[] => [
    { name: `liveness of ${prefix}`, target: `/${prefix}/livez` },
    { name: `readiness of ${prefix}`, target: `/${prefix}/readyz`, differs: ['body'] },
    { name: `the API of ${prefix}`, target: `/${prefix}/openapi.json` },
    { name: `the head of the API of ${prefix}`, method: 'HEAD', target: `/${prefix}/openapi.json` },
    { name: `metrics of ${prefix}`, target: `/${prefix}/metrics` },
    { name: `nothing of ${prefix}`, target: `/${prefix}/v1/nothing` },
    { name: `${prefix} itself`, target: `/${prefix}` },
    { name: `${prefix} with a query`, target: `/${prefix}?a=b` },
    {
      name: `a preflight of ${prefix}`,
      method: 'OPTIONS',
      target: `/${prefix}/v1/devices`,
      lines: ['Origin: https://evil.example'],
    },
  ]);
  const bearer = `Authorization: Bearer ${token}`;
  return [
    ...own,
    { name: 'devices without a token', target: '/query/v1/devices' },
    { name: 'devices with a bad token', target: '/query/v1/devices', lines: ['Authorization: Bearer x.y.z'] },
    { name: 'devices', target: '/query/v1/devices', lines: [bearer] },
    { name: 'a parameter that there is not', target: '/query/v1/devices?nonsense=1', lines: [bearer] },
    { name: 'an update without a token', method: 'POST', target: '/orchestrator/v1/updates', ...json('{}') },
    { name: 'a delete without a token', method: 'DELETE', target: '/gateway/v1/devices/dev_1' },
    { name: 'a body for nobody', method: 'POST', target: '/nowhere', ...json('{"a":1}') },
    { name: 'the index', target: '/' },
    { name: 'the index with a query', target: '/?a=b' },
    { name: 'the head of the index', method: 'HEAD', target: '/' },
    { name: 'nothing', target: '/nothing' },
    { name: 'the head of nothing', method: 'HEAD', target: '/nothing' },
    { name: 'what only begins like a service', target: '/queryable' },
    { name: 'an answer that only localhost would get', target: '/query/v1/devices', hosts: ['Host: 192.0.2.1:8443'] },
    { name: 'an answer for a name', target: '/query/v1/devices', hosts: ['Host: ota.example.com'] },
  ];
}

function downloads(bucket: string, download: string, missing: string): OriginRequest[] {
  const written = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method): OriginRequest => {
    return { name: `${method} of an image`, method, target: download, ...json('x') };
  });
  return [
    ...written,
    { name: 'an image', target: download },
    { name: 'the head of an image', method: 'HEAD', target: download },
    { name: 'a part of an image', target: download, lines: ['Range: bytes=4-11'] },
    { name: 'the end of an image', target: download, lines: ['Range: bytes=-4'] },
    { name: 'a part behind the end of an image', target: download, lines: ['Range: bytes=99999999-'] },
    { name: 'two parts of an image', target: download, lines: ['Range: bytes=0-1,4-5'] },
    { name: 'an image that there is not', target: missing },
    { name: 'an image without a signature', target: download.split('?')[0] ?? '' },
    { name: 'an image with another signature', target: download.replace(/Signature=.{6}/, 'Signature=000000') },
    { name: 'the list of the bucket', target: `/${bucket}/?list-type=2` },
    { name: 'the bucket itself', target: `/${bucket}` },
    { name: 'another bucket', target: `/${bucket}-private/a` },
  ];
}
