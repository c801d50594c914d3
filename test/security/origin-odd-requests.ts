import type { OriginRequest } from './origin-request.js';

const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${Buffer.alloc(16, 7).toString('base64')}`,
  'Sec-WebSocket-Protocol: edgeflow.ota.v1',
];
/** Answers of Go's server itself, before Caddy sees the request: their status is right, and their words are Go's. */
const GO = { differs: ['body', 'headers'] } as const;

/** Paths that two readers may take for two things. */
export function oddPaths(bucket: string): OriginRequest[] {
  const targets = [
    '//',
    '//query/v1/devices',
    '/query//v1/devices',
    '/query/../registry/livez',
    '/query/%2e%2e/registry/livez',
    '/nothing/../query/livez',
    '/nothing/%2e%2e/query/livez',
    '/./query/livez',
    '/query/./livez',
    '/%71uery/livez',
    '/query%2flivez',
    '/query/v1%2fdevices',
    '/QUERY/livez',
    '/query/livez/',
    '/query/livez;x=1',
    '/query/v1/devices/%00',
    '/a"b\\c',
    '/nothing/{env.PATH}/{http.request.host}',
    '/nothing?{env.PATH}',
    `/${bucket}/../query/livez`,
    `/${bucket}/%2e%2e/query/livez`,
    `//${bucket}/a`,
    `/%${bucket.charCodeAt(0).toString(16)}${bucket.slice(1)}/a`,
    '/metrics',
    '/metrics/',
    '/metrics?x=1',
    '/query/metrics?x=1',
    '/query//metrics/',
    '/query/%6Detrics',
    '/query/%4d%45trics',
    '/query%2fmetrics',
    '/QUERY/Metrics',
    '/query/x/../metrics',
    '/query/metrics%2f',
    '/query/metrics;x',
    '/query/metrics%00',
    '/query/metrics2',
    '/query/v1/devices?metrics',
  ];
  return [
    ...targets.map((target) => ({ name: `the path ${target}`, target })),
    { name: 'a path that cannot be decoded', target: '/query/v1/devices/%zz', ...GO },
    // Go sends it on as %22.
    { name: 'a path that is none', target: '/query/v1/devices/a"b\\c', differs: ['body'] },
  ];
}

/** Hosts that are none, or not ours. */
export function oddHosts(): OriginRequest[] {
  return [
    { name: 'another host', target: '/', hosts: ['Host: other.example'] },
    { name: 'another host for a service', target: '/query/livez', hosts: ['Host: other.example:1'] },
    { name: 'an IPv6 host', target: '/query/livez', hosts: ['Host: [2001:db8::1]:8443'] },
    { name: 'a host that is none', target: '/query/livez', hosts: ['Host: a b'], differs: ['body', 'headers'] },
    { name: 'a host that is none of the index', target: '/', hosts: ['Host: a_/b'], differs: ['body', 'headers'] },
    { name: 'an empty host', target: '/query/livez', hosts: ['Host:'] },
    { name: 'no host', target: '/query/livez', hosts: [], ...GO },
    { name: 'two hosts', target: '/query/livez', hosts: ['Host: a', 'Host: b'], ...GO },
    { name: 'HTTP/1.0 without a host', target: '/query/livez', hosts: [], version: '1.0' },
    { name: 'HTTP/1.0 without a host for nobody', target: '/nothing', hosts: [], version: '1.0' },
    { name: 'HTTP/1.0', target: '/query/livez', version: '1.0' },
    { name: 'HTTP/1.0 that stays', target: '/query/livez', version: '1.0', lines: ['Connection: keep-alive'] },
  ];
}

/** What asks for another protocol, or is hardly one. */
export function protocols(bucket: string, download: string, token: string): OriginRequest[] {
  const h2c = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
  const tunnels = ['/gateway/v1/tunnel', '/registry/v1/firmware', '/query/v1/stream', '/', `/${bucket}/a`, '/nothing'];
  return [
    ...tunnels.flatMap((target): OriginRequest[] => [
      { name: `a tunnel at ${target}`, target, lines: WEBSOCKET },
      { name: `a tunnel by POST at ${target}`, method: 'POST', target, lines: WEBSOCKET },
      { name: `h2c at ${target}`, target, lines: h2c },
    ]),
    {
      name: 'a tunnel with a bad token',
      target: '/gateway/v1/tunnel',
      lines: [...WEBSOCKET, 'Authorization: Bearer x.y.z'],
    },
    { name: 'a tunnel of a page', target: '/gateway/v1/tunnel', lines: [...WEBSOCKET, 'Origin: https://evil.example'] },
    { name: 'an image by h2c', target: download, lines: h2c },
    { name: 'CONNECT', method: 'CONNECT', target: '192.0.2.1:443', differs: ['body'] },
    { name: 'OPTIONS for everything', method: 'OPTIONS', target: '*', ...GO, status_of_go: 200 },
    { name: 'TRACE', method: 'TRACE', target: '/query/livez' },
    { name: 'TRACE of nothing', method: 'TRACE', target: '/nothing' },
    { name: 'PROPFIND', method: 'PROPFIND', target: '/query/v1/devices' },
    { name: 'a method that there is not', method: 'FOO', target: '/query/v1/devices', differs: ['body', 'headers'] },
    { name: 'a very long method', method: 'F'.repeat(40), target: '/query/livez', differs: ['body', 'headers'] },
    { name: 'a method that there is not, of nothing', method: 'FOO', target: '/nothing', ...GO, status_of_go: 404 },
    { name: 'an absolute target', target: 'https://localhost/query/livez' },
    { name: 'an absolute target of another host', target: 'https://other.example/query/livez' },
    { name: 'long headers', target: '/query/livez', lines: [`X-Long: ${'x'.repeat(40_000)}`], ...GO },
    { name: 'headers that are long, not too long', target: '/query/livez', lines: [`X-Long: ${'x'.repeat(12_000)}`] },
    {
      name: 'a long path',
      target: `/query/v1/devices/${'x'.repeat(3_000)}`,
      lines: [`Authorization: Bearer ${token}`],
    },
    { name: 'another expectation', target: '/query/livez', lines: ['Expect: 200-ok'], ...GO },
    {
      name: 'an expectation of 100',
      method: 'POST',
      target: '/orchestrator/v1/updates',
      lines: ['Expect: 100-continue', 'Content-Type: application/json', 'Content-Length: 2'],
      body: '{}',
    },
    {
      name: 'a length and chunks',
      method: 'POST',
      target: '/orchestrator/v1/updates',
      lines: ['Content-Length: 4', 'Transfer-Encoding: chunked'],
      body: '0\r\n\r\n',
      // It is sent on in chunks alone.
      ...GO,
      status_of_go: 401,
    },
    {
      name: 'two lengths',
      method: 'POST',
      target: '/orchestrator/v1/updates',
      lines: ['Content-Length: 4', 'Content-Length: 5'],
      body: 'abcd',
      ...GO,
    },
    {
      name: 'chunks',
      method: 'POST',
      target: '/orchestrator/v1/updates',
      lines: ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
      body: '2\r\n{}\r\n0\r\n\r\n',
    },
    {
      name: 'another coding',
      method: 'POST',
      target: '/query/livez',
      lines: ['Transfer-Encoding: gzip'],
      ...GO,
      status_of_go: 501,
    },
    { name: 'a folded header', target: '/query/livez', lines: ['X-A: a', ' b'], ...GO, status_of_go: 200 },
    { name: 'a header without a name', target: '/query/livez', lines: [': a'], ...GO },
    { name: 'a space before the colon', target: '/query/livez', lines: ['X-A : a'], ...GO },
    { name: 'a request that is none', target: 'x y z', ...GO },
  ];
}
