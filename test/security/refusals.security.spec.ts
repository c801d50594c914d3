import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf, StandaloneUnderTest } from '../e2e/standalone.harness.js';
import { caddyOrSkip, CaddyUnderTest, servicesOf } from './caddy.js';
import { rawHttp } from './raw-http.js';
import { refusalClients, type Attempt, type Client } from './refusal-clients.js';

/** REFUSAL_TRIES=20 tries each of them so often and with more sizes, which takes most of an hour. */
const TRIES = Number(process.env['REFUSAL_TRIES'] ?? 0);
const ALL_SIZES = [
  { bytes: 10_000, tries: TRIES || 2 },
  { bytes: 2_000_000, tries: TRIES },
  { bytes: 32_000_000, tries: TRIES || 1 },
  { bytes: 100_000_000, tries: TRIES && 2 },
];
const SIZES = ALL_SIZES.filter(({ tries }) => tries > 0);
/** Largest image and largest JSON body, in bytes. */
const [IMAGE_MAX, JSON_MAX] = [1_000_000, 1_048_576];
/** What a form may have around its image. */
const FORM_BYTES = 8 * 1_048_576;
const IMAGE = imageOf(4_096);
const WRONG = 'a'.repeat(64);

const bin = await caddyOrSkip();
let standalone: StandaloneUnderTest;
let caddy: CaddyUnderTest | undefined;
let folder: TemporaryFolder;
const tokens: Record<string, string> = {};
beforeAll(async () => {
  folder = await temporaryFolder('refusals');
  for (const { bytes } of SIZES) await writeFile(join(folder.path, `${bytes}.bin`), Buffer.alloc(bytes));
  standalone = await StandaloneUnderTest.start({
    UPLOAD_MAX_BYTES: String(IMAGE_MAX),
    AUTH_FAILURES_PER_MINUTE: '100000',
  });
  if (bin !== undefined) caddy = await CaddyUnderTest.start(bin, servicesOf(standalone.endpoints));
  for (const role of ['admin', 'publisher', 'viewer'] as const) {
    tokens[role] = `Bearer ${(await standalone.token('acme', role)).trim()}`;
  }
  const { status } = await standalone.upload('acme', IMAGE, { version: '1.0.0', models: 'm1' });
  expect(status).toBe(201);
  const signed = { models: 'm1', version: '1.0.0', sha256: WRONG, size: 10_000, release_counter: 1 };
  EXISTING['manifest'] = await standalone.sign('acme', signed);
});
afterAll(async () => {
  await caddy?.dispose();
  await standalone.dispose();
  await folder.remove();
});

const UPLOAD = '/registry/v1/firmware';
/** Of a version that is there with another image; its manifest is signed when standalone runs. */
const EXISTING: Record<string, string> = { version: '1.0.0', sha256: WRONG, models: 'm1' };
const FIELDS = { version: '2.0.0', sha256: WRONG, models: 'm1' };
const KEYS = '/registry/v1/keys';

/** What is refused, and how. */
interface Refusal {
  path: string;
  as?: string;
  type?: string;
  fields?: Record<string, string>;
  /** The status, for a body of so many bytes. */
  status: (bytes: number) => number;
}

const upload = (as: string | undefined, status: number, more: Partial<Refusal> = {}): Refusal => ({
  ...{ path: UPLOAD, fields: FIELDS, status: () => status },
  ...(as !== undefined && { as }),
  ...more,
});
const json = (as: string | undefined, status: Refusal['status'], path = KEYS, type = 'application/json'): Refusal => ({
  ...{ path, type, status },
  ...(as !== undefined && { as }),
});
/** A length above the limit is refused before anything is read; in chunks, the fields are read first. */
const largeOr = (status: number) => (bytes: number) => (bytes > IMAGE_MAX + FORM_BYTES ? 413 : status);

const REFUSALS: [string, Refusal][] = [
  ['an upload without credentials', upload(undefined, 401)],
  ['an upload with a bad token', upload('Bearer x.y.z', 401)],
  ['an upload of a viewer', upload('viewer', 403)],
  ['an upload to nowhere', upload('publisher', 404, { path: '/registry/v1/nowhere' })],
  ['an upload of another kind of form', upload('admin', 415, { path: '/orchestrator/v1/updates' })],
  ['an upload of a version that exists', upload('publisher', 409, { fields: EXISTING, status: largeOr(409) })],
  [
    'an upload with a bad signature',
    upload('publisher', 422, { fields: { ...FIELDS, manifest: 'x.y.z' }, status: largeOr(422) }),
  ],
  ['a body without credentials', json(undefined, () => 401)],
  ['a body with a bad token', json('Bearer x.y.z', () => 401)],
  ['a body of a viewer', json('viewer', () => 403)],
  ['a body to nowhere', json('admin', () => 404, '/orchestrator/v1/nowhere')],
  ['a body that nobody is there for', json('admin', () => 404, '/nobody/v1/x')],
  ['a body that is no JSON', json('admin', (bytes) => (bytes > JSON_MAX ? 413 : 400))],
  ['a body of an unknown type', json('admin', () => 415, KEYS, 'text/x')],
];

const PROCESSES: Record<string, string> = { registry: 'firmware-registry', orchestrator: 'rollout-orchestrator' };

/** Straight to the service, through standalone's origin, plain and in TLS, and through Caddy. */
function targets(path: string): string[] {
  const { processes, origin, http_origin } = standalone.endpoints;
  const straight = processes.find(({ name }) => name === PROCESSES[path.split('/')[1] ?? ''])?.url;
  return [...(straight === undefined ? [] : [straight]), http_origin, origin, ...(caddy ? [caddy.origin] : [])];
}

function authorityOf(base: string): string {
  return caddy && base === caddy.origin ? caddy.caFile : standalone.endpoints.ca;
}

function attemptOf({ path, as, type, fields }: Refusal, base: string): Omit<Attempt, 'bytes' | 'tries'> {
  return {
    url: new URL(path, base).href,
    ca: authorityOf(base),
    headers: {
      ...(type !== undefined && { 'content-type': type }),
      ...(as !== undefined && { authorization: tokens[as] ?? as }),
    },
    ...(fields && { fields }),
  };
}

/** All tries of one client: what differs from what should be, by size and target. */
async function surprises(client: Client, refusal: Refusal): Promise<string[]> {
  const found: string[] = [];
  for (const base of targets(refusal.path)) {
    for (const { bytes, tries } of SIZES) {
      const outcomes = await client.outcomes({ ...attemptOf(refusal, base), bytes, tries });
      const wanted = [refusal.status(bytes)];
      // In chunks there is no length to refuse.
      if (refusal.fields && wanted[0] === 413) wanted.push(refusal.status(0));
      const odd = outcomes.filter((outcome) => !wanted.map(String).includes(outcome));
      found.push(...odd.map((outcome) => `${bytes} bytes to ${base}: ${outcome}`));
      if (outcomes.length !== tries) found.push(`${outcomes.length} of ${tries} tries`);
    }
  }
  return found;
}

describe('a client that is still sending hears of its refusal', () => {
  it('whatever it is written in', () => {
    const { missing } = refusalClients('');
    if (missing.length > 0) console.warn(`NOT TRIED, since it is not on this machine: ${missing.join(', ')}`);
  });

  it.each(REFUSALS)('%s', { timeout: 3_600_000 }, async (_what, refusal) => {
    const { clients } = refusalClients(folder.path);
    const found = await Promise.all(clients.map(async (client) => [client.name, await surprises(client, refusal)]));
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(clients.map(({ name }) => [name, []])));
  });

  it('of the object store', { timeout: 3_600_000 }, async () => {
    const { s3, origin } = standalone.endpoints;
    const { clients } = refusalClients(folder.path);
    const targets = [
      { base: s3.endpoint, status: '403' },
      { base: origin, status: '405' },
      ...(caddy ? [{ base: caddy.origin, status: '405' }] : []),
    ];
    for (const { base, status } of targets) {
      const url = new URL(`/${s3.bucket}/firmware/acme/9.9.9/x.bin`, base).href;
      for (const client of clients) {
        const attempt = {
          url,
          method: 'PUT',
          ca: authorityOf(base),
          headers: {},
          bytes: 32_000_000,
          tries: TRIES || 1,
        };
        const outcomes = await client.outcomes(attempt);
        expect([client.name, base, outcomes]).toEqual([client.name, base, outcomes.map(() => status)]);
      }
    }
  });

  it('to open a tunnel, though frames are under way', async () => {
    const lines = ['GET /gateway/v1/tunnel HTTP/1.1', 'host: x', 'connection: Upgrade', 'upgrade: websocket'];
    const keys = ['sec-websocket-version: 13', `sec-websocket-key: ${Buffer.alloc(16).toString('base64')}`];
    const head = [...lines, ...keys, 'sec-websocket-protocol: edgeflow.ota.v1', '', ''].join('\r\n');
    const straight = standalone.endpoints.processes.find(({ name }) => name === 'device-gateway')?.url ?? '';
    const open = async (base: string): Promise<void> => {
      for (let n = 0; n < (TRIES || 2); n += 1) {
        const { status, text } = await rawHttp(base, head, async (socket) => {
          for (let sent = 0; sent < 200 && socket.writable; sent += 1) {
            socket.write(Buffer.alloc(65_536));
            await new Promise((resolve) => setImmediate(resolve));
          }
        });
        expect([base, status]).toEqual([base, 401]);
        expect(text).toContain('"unauthorized"');
      }
    };
    await Promise.all([straight, standalone.endpoints.http_origin].map(open));
  });

  it('that comes too often', { timeout: 3_600_000 }, async () => {
    const refusal = upload('Claim none', 429);
    const { clients } = refusalClients(folder.path);
    for (const client of clients) {
      // The limit is 30 a minute: whoever asks in a new minute is told that its token is bad.
      for (let n = 0; n < 31; n += 1) {
        const headers = { authorization: 'Claim none' };
        await fetch(new URL(UPLOAD, standalone.endpoints.http_origin), { method: 'POST', headers });
      }
      const outcomes = await client.outcomes({
        ...attemptOf(refusal, standalone.endpoints.origin),
        bytes: 32_000_000,
        tries: TRIES || 1,
      });
      expect(outcomes.filter((outcome) => !['429', '401'].includes(outcome))).toEqual([]);
    }
  });
});
