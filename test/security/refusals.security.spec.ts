import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf, StandaloneUnderTest } from '../e2e/standalone.harness.js';
import { refusalClients, type Attempt } from './refusal-clients.js';

/** 20 for the whole matrix (REFUSAL_TRIES=20), which takes a quarter of an hour. */
const TRIES = Number(process.env['REFUSAL_TRIES'] ?? 0);
const SIZES = [
  { bytes: 10_000, tries: TRIES || 3 },
  { bytes: 2_000_000, tries: TRIES || 2 },
  { bytes: 32_000_000, tries: TRIES || 1 },
];
const KB = 1024;
const IMAGE = imageOf(4 * KB);
const WRONG = 'a'.repeat(64);

let standalone: StandaloneUnderTest;
let folder: TemporaryFolder;
const tokens: Record<string, string> = {};
beforeAll(async () => {
  folder = await temporaryFolder('refusals');
  for (const { bytes } of SIZES) await writeFile(join(folder.path, `${bytes}.bin`), Buffer.alloc(bytes));
  standalone = await StandaloneUnderTest.start({
    UPLOAD_MAX_BYTES: String(1_000_000),
    AUTH_FAILURES_PER_MINUTE: '100000',
  });
  for (const role of ['admin', 'publisher', 'viewer'] as const) {
    tokens[role] = `Bearer ${(await standalone.token('acme', role)).trim()}`;
  }
  const { status } = await standalone.upload('acme', IMAGE, { version: '1.0.0', models: 'm1' });
  expect(status).toBe(201);
});
afterAll(async () => {
  await standalone.dispose();
  await folder.remove();
});

const UPLOAD = '/registry/v1/firmware';
const JSON_TYPE = { 'content-type': 'application/json' };
const FIELDS = { version: '2.0.0', sha256: WRONG, models: 'm1' };

/** What is refused, and how; `small` where only what is below the limit of its route is. */
interface Refusal {
  what: string;
  path: string;
  as?: string;
  headers?: Record<string, string>;
  fields?: Record<string, string>;
  /** What is answered instead when the body is above the limit of its kind; where it is answered before anybody looks, the same. */
  status: number;
  large?: number;
}

const REFUSALS: Refusal[] = [
  { what: 'an upload without credentials', path: UPLOAD, fields: FIELDS, status: 401 },
  { what: 'an upload with a bad token', path: UPLOAD, as: 'Bearer x.y.z', fields: FIELDS, status: 401 },
  { what: 'an upload of a viewer', path: UPLOAD, as: 'viewer', fields: FIELDS, status: 403 },
  { what: 'an upload to nowhere', path: '/registry/v1/nowhere', as: 'publisher', fields: FIELDS, status: 404 },
  {
    what: 'an upload of a version that exists',
    ...{ path: UPLOAD, as: 'publisher', fields: { ...FIELDS, version: '1.0.0' }, status: 422, large: 413 },
  },
  {
    what: 'an upload with another hash',
    ...{ path: UPLOAD, as: 'publisher', fields: { ...FIELDS, manifest: 'x.y.z' }, status: 422, large: 413 },
  },
  { what: 'a body without credentials', path: '/registry/v1/keys', headers: JSON_TYPE, status: 400, large: 413 },
  {
    what: 'a body that is no JSON',
    path: '/registry/v1/keys',
    as: 'admin',
    headers: JSON_TYPE,
    status: 400,
    large: 413,
  },
  {
    what: 'a body of an unknown type',
    ...{ path: '/registry/v1/keys', as: 'admin', headers: { 'content-type': 'text/x' }, status: 415 },
  },
  { what: 'a body to nowhere', path: '/orchestrator/v1/x', as: 'admin', headers: JSON_TYPE, status: 400, large: 413 },
  { what: 'a body nobody is there for', path: '/nobody/v1/x', headers: JSON_TYPE, status: 404 },
];

const targets = (): Record<string, string> => ({
  straight: '',
  'through the origin': standalone.endpoints.http_origin,
  'through the origin in TLS': standalone.endpoints.origin,
});

const attemptOf = ({ path, as, headers = {}, fields }: Refusal, base: string): Omit<Attempt, 'bytes' | 'tries'> => ({
  url: new URL(path, base).href,
  ca: standalone.endpoints.ca,
  headers: { ...headers, ...(as !== undefined && { authorization: tokens[as] ?? as }) },
  ...(fields && { fields }),
});

describe('probe', () => {
  it('prints', { timeout: 600_000 }, async () => {
    const { clients, missing } = refusalClients(folder.path);
    console.log('missing', missing);
    for (const refusal of REFUSALS) {
      for (const client of clients) {
        const row: string[] = [];
        for (const [name, base] of Object.entries(targets())) {
          const service = refusal.path.split('/')[1] ?? '';
          const names: Record<string, string> = { registry: 'firmware-registry', orchestrator: 'rollout-orchestrator' };
          const url =
            name === 'straight' ? standalone.endpoints.processes.find((p) => p.name === names[service])?.url : base;
          if (url === undefined) continue;
          for (const { bytes, tries } of SIZES) {
            const t = Date.now();
            const outcomes = await client.outcomes({ ...attemptOf(refusal, url), bytes, tries });
            row.push(
              `${name === 'straight' ? 'S' : name.endsWith('TLS') ? 'T' : 'O'}${bytes / 1000}k:${outcomes.join(',')} (${Date.now() - t})`,
            );
          }
        }
        console.log(refusal.what, '|', client.name, '|', row.join(' '));
      }
    }
  });
});
