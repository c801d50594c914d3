import { createHash, randomBytes } from 'node:crypto';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { trustStream, toEvent, type DataOf, type Role, type StoredEvent } from '@edgeflow/contracts';
import { type ObjectStore, S3ObjectStore } from '@edgeflow/object-store';
import { eventLogOptions, readConfig } from '@edgeflow/service-host';
import { startTestNats, startTestS3, startTestTokens } from '@edgeflow/testkit';
import { systemClock } from '@edgeflow/runtime';
import { RegistryConfig } from '../registry.config.js';
import { startRegistry } from '../registry.js';
import type { UploadAnswer } from '../http/upload.dto.js';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What is in a form, in this order: a string is a field, bytes are the file. */
export type Part = [name: string, value: string | Uint8Array<ArrayBuffer>, file_name?: string];

export interface UploadRequest {
  version?: string;
  models?: string[];
  bytes?: Uint8Array<ArrayBuffer>;
  sha256?: string;
  more?: Part[];
  /** The manifest to send; default: one that fits, signed with the organization's key; null: none. */
  manifest?: string | null;
  file_name?: string;
}

/** A right form; what `request` says differs. */
export function partsOf({
  version = '1.3.0',
  models = ['m1'],
  more = [],
  manifest,
  file_name,
  ...image
}: UploadRequest): Part[] {
  const bytes = image.bytes ?? randomBytes(1000);
  return [
    ['version', version],
    ['sha256', image.sha256 ?? sha256(bytes)],
    ...models.map((model): Part => ['models', model]),
    ...(manifest ? ([['manifest', manifest]] as Part[]) : []),
    ...more,
    ['file', bytes, file_name ?? 'image.bin'],
  ];
}

function formOf(parts: readonly Part[]): FormData {
  const form = new FormData();
  for (const [name, value, file_name] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([value]), file_name);
  }
  return form;
}

/** An answer of the registry, or a problem document. */
export interface Answer {
  status: number;
  body: UploadAnswer & { code: string; detail: string };
}

/** A registry on a real nats-server and the embedded S3 endpoint; each `tenant()` is an organization of its own. */
export async function startTestRegistry(overrides: Record<string, string> = {}) {
  const [nats, s3, tokens] = await Promise.all([startTestNats(), startTestS3(), startTestTokens()]);
  const config = readConfig(RegistryConfig, {
    LOG_LEVEL: 'silent',
    NATS_URL: nats.url,
    AUTH_JWKS_URL: tokens.jwks_url,
    S3_ENDPOINT: s3.endpoint,
    S3_BUCKET: s3.bucket,
    S3_ACCESS_KEY_ID: s3.access_key_id,
    S3_SECRET_ACCESS_KEY: s3.secret_access_key,
    UPLOAD_MAX_BYTES: String(24 * 1024 * 1024),
    ...overrides,
  });
  const log = await JetStreamLog.connect(eventLogOptions(config, 'spec'));
  const store = new S3ObjectStore(s3, systemClock);
  await store.ensureBucket();
  const service = await startRegistry({ config, log, store });
  return {
    ...{ service, log, store, nats, s3 },
    /** An organization that does without signatures: what is uploaded is not the matter of most specs. */
    tenant: (org = newOrg()) => {
      const unsigned = signaturesOptional(log, org);
      const token = async (role: Role): Promise<string> => (await unsigned, tokens.token(org, role));
      return tenantOf({ org, url: service.url, log, store, token });
    },
    /** An organization that has said nothing, so that its firmware must be signed. */
    signingTenant: (org = newOrg()) =>
      tenantOf({ org, url: service.url, log, store, token: (role: Role) => tokens.token(org, role) }),
    stop: async () => {
      await service.stop();
      store.close();
      await Promise.all([nats.stop(), s3.stop(), tokens.stop()]);
    },
  };
}

const newOrg = (): string => `org_${randomBytes(4).toString('hex')}`;

/** As the organization's admin says it. */
async function signaturesOptional(log: EventLog, org: string): Promise<void> {
  const data = { signature: 'optional', rollback: 'allowed', changed_by: 'spec' } as const;
  const context = { id: `policy-${org}`, source: '/spec', time: new Date().toISOString() };
  await log.record(toEvent(trustStream(org), { type: 'SigningPolicyChanged', data }, context));
}

interface Place {
  org: string;
  url: string;
  log: EventLog;
  store: ObjectStore;
  token: (role: Role) => Promise<string>;
}

/** One organization of a test registry. */
function tenantOf({ org, url, log, store, token }: Place) {
  const post = async (path: string, body: RequestInit['body'], role: Role, type?: string): Promise<Answer> => {
    const headers = { authorization: `Bearer ${await token(role)}`, ...(type && { 'content-type': type }) };
    const answer = await fetch(`${url}/registry/v1/firmware${path}`, { method: 'POST', headers, body });
    return { status: answer.status, body: (await answer.json()) as Answer['body'] };
  };
  /** Any other route of the registry. */
  const ask = async <T>(
    method: string,
    path: string,
    role: Role,
    body?: object,
  ): Promise<{ status: number; body: T }> => {
    const headers = { authorization: `Bearer ${await token(role)}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/registry/v1${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  };
  return {
    ...{ org, url, token, ask },
    post: (parts: readonly Part[], role: Role = 'publisher') => post('', formOf(parts), role),
    upload: (request: UploadRequest = {}, role: Role = 'publisher') => post('', formOf(partsOf(request)), role),
    revoke: (id: string, reason?: string, role: Role = 'publisher') =>
      reason === undefined
        ? post(`/${id}/revoke`, null, role)
        : post(`/${id}/revoke`, JSON.stringify({ reason }), role, 'application/json'),
    /** The firmware events of this organization, the newest of each kind and firmware, in the log's order. */
    events: async (): Promise<StoredEvent[]> => Array.fromAsync(log.scanLast([`ota.${org}.firmware.>`])),
    uploads: async (): Promise<DataOf<'FirmwareUploaded'>[]> =>
      (await Array.fromAsync(log.scanLast([`ota.${org}.firmware.*.FirmwareUploaded`]))).map(
        ({ data }) => data as DataOf<'FirmwareUploaded'>,
      ),
    /** What is in the bucket under this organization: whole objects and unfinished ones. */
    stored: async (): Promise<{ objects: string[]; unfinished: string[] }> => ({
      objects: (await Array.fromAsync(store.list(`firmware/${org}/`))).map(({ key }) => key),
      unfinished: (await Array.fromAsync(store.openUploads(`firmware/${org}/`))).map(({ key }) => key),
    }),
  };
}

export type TestRegistry = Awaited<ReturnType<typeof startTestRegistry>>;
export type Tenant = ReturnType<TestRegistry['tenant']>;

export const NOTHING = { objects: [], unfinished: [] };
