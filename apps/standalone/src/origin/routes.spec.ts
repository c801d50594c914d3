import { describe, expect, it } from 'vitest';
import { asksForMetrics, isLocal, route } from './routes.js';

const services = [{ name: 'projection', prefix: 'query', url: 'http://127.0.0.1:1' }];

describe('the way of a request', () => {
  it.each([
    ['/query/v1/devices?x=/edgeflow', 'service'],
    ['/query', 'service'],
    ['/query/../edgeflow/x', 'service'],
    ['/queryable', 'nobody'],
    ['/edgeflow/firmware/acme/1.0.0/a.bin?X-Amz-Date=1', 'bucket'],
    ['/edgeflow', 'bucket'],
    ['/edgeflow-private/a', 'nobody'],
    ['//edgeflow/a', 'nobody'],
    ['/?a=b', 'index'],
  ])('%s goes to: %s', (url, kind) => {
    expect(route(url, services, 'edgeflow').kind).toBe(kind);
  });

  it('leads to no bucket where there is none', () => {
    expect(route('/undefined/a', services, undefined).kind).toBe('nobody');
  });
});

describe('the metrics', () => {
  it.each([
    '/metrics',
    '/query/metrics',
    '/query/metrics?x=1',
    '/query//metrics/',
    '/query/%6Detrics',
    '/QUERY/Metrics',
  ])('are asked for by %s', (url) => expect(asksForMetrics(url)).toBe(true));

  it.each(['/', '/query/v1/devices', '/query/v1/devices?metrics', '/query/metrics2'])('are not by %s', (url) => {
    expect(asksForMetrics(url)).toBe(false);
  });

  it('are for clients of this machine', () => {
    expect(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'].filter((address) => !isLocal(address))).toEqual([]);
    expect(['192.0.2.1', '10.127.0.1', '2001:db8::1', '::ffff:192.0.2.1', undefined].filter(isLocal)).toEqual([]);
  });
});
