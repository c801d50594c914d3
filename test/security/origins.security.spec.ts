import { readFile } from 'node:fs/promises';
import { S3ObjectStore } from '@edgeflow/object-store';
import { systemClock } from '@edgeflow/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf, StandaloneUnderTest } from '../e2e/standalone.harness.js';
import { caddyOrSkip, CaddyUnderTest, servicesOf } from './caddy.js';
import { answerOf, type OriginAddress } from './origin-answers.js';
import type { OriginRequest } from './origin-request.js';
import { originRequests } from './origin-requests.js';

const bin = await caddyOrSkip();
/** Names of the list, for the titles; what it asks for is known when standalone runs. */
const NAMES = originRequests({ bucket: 'edgeflow', download: '/edgeflow/a?X=1', missing: '', token: '' }).map(
  ({ name }) => name,
);

let standalone: StandaloneUnderTest;
let caddy: CaddyUnderTest;
let origins: { ours: OriginAddress; caddys: OriginAddress };
const requests = new Map<string, OriginRequest>();

describe.skipIf(bin === undefined)('both origins answer alike to', () => {
  beforeAll(async () => {
    standalone = await StandaloneUnderTest.start({ AUTH_FAILURES_PER_MINUTE: '100000' });
    const { origin, ca } = standalone.endpoints;
    caddy = await CaddyUnderTest.start(bin ?? '', servicesOf(standalone.endpoints));
    const { host, port } = new URL(origin);
    origins = {
      ours: { port: Number(port), ca: await readFile(ca, 'utf8'), host },
      // Host is part of a download's signature: the same for both.
      caddys: { port: caddy.port, ca: await caddy.ca(), host },
    };
    for (const request of originRequests(await fixtures())) requests.set(request.name, request);
  });
  afterAll(async () => {
    await caddy?.dispose();
    await standalone?.dispose();
  });

  it.each(NAMES)('%s', async (name) => {
    const request = requests.get(name);
    if (!request) throw new Error(`there is no request of this name`);
    const [ours, caddys] = await Promise.all([answerOf(origins.ours, request), answerOf(origins.caddys, request)]);
    expect(caddys).toEqual({ ...ours, status: request.status_of_go ?? ours.status });
    expect(ours.status).toBeGreaterThan(0);
  });
});

async function fixtures(): Promise<Parameters<typeof originRequests>[0]> {
  const { endpoint, region, bucket, access_key_id, secret_access_key } = standalone.endpoints.s3;
  const { status, body } = await standalone.upload<{ key: string }>('acme', imageOf(4_096), {
    version: '1.0.0',
    models: 'm1',
  });
  expect(status).toBe(201);
  const keys = { access_key_id, secret_access_key };
  const store = new S3ObjectStore(
    { endpoint, public_endpoint: standalone.endpoints.origin, region, bucket, ...keys },
    systemClock,
  );
  const pathOf = async (key: string): Promise<string> => {
    const { pathname, search } = new URL((await store.presignGet(key, 600, new Date())).url);
    return `${pathname}${search}`;
  };
  const token = (await standalone.token('acme', 'viewer')).trim();
  return { bucket, download: await pathOf(body.key), missing: await pathOf('firmware/acme/none.bin'), token };
}
