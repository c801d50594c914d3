import { describe, expect, it } from 'vitest';
import { asksForMetrics, isDownload, route } from './routes.js';

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
});

describe('the bucket', () => {
  it('is only read', () => {
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', undefined];
    expect(methods.filter((method) => isDownload({ method }))).toEqual(['GET', 'HEAD']);
  });
});
