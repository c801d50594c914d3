import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect } from 'vitest';
import { expectRefusal, tampered, type Checks, type Subject } from './conformance.fixture.js';

const HOUR_MS = 3_600_000;

/** Who is let in: signed headers and presigned URLs. */
export function signatureChecks(check: Checks, subject: Subject): void {
  describe('signed requests', () => signedRequests(check, subject));
  describe('presigned URLs', () => presignedUrls(check, subject));
}

function signedRequests(check: Checks, subject: Subject): void {
  const get = async (overrides: Parameters<ReturnType<Subject>['clientWith']>[0]): Promise<unknown> => {
    const probe = subject();
    await probe.client.send(new PutObjectCommand({ ...probe.at('signed'), Body: 'x' }));
    return probe.clientWith(overrides).send(new GetObjectCommand(probe.at('signed')));
  };
  check('need a signature: anonymous is 403', async () => {
    const probe = subject();
    const url = new URL(`/${probe.bucket}/signed`, probe.server.endpoint);
    expect(await probe.plain(url)).toMatchObject({ status: 403, code: 'AccessDenied' });
    const put = await probe.plain(url, { method: 'PUT', body: 'x' });
    expect(put).toMatchObject({ status: 403, code: 'AccessDenied' });
  });
  check('need the right secret', async () => {
    const accessKeyId = subject().server.access_key_id;
    const request = get({ credentials: { accessKeyId, secretAccessKey: 'wrong' } });
    await expectRefusal(request, 403, 'SignatureDoesNotMatch');
  });
  check('need a known key', async () => {
    const request = get({ credentials: { accessKeyId: 'NOBODY', secretAccessKey: 'wrong' } });
    await expectRefusal(request, 403, 'InvalidAccessKeyId');
  });
  check('need a clock within 15 minutes', async () => {
    for (const systemClockOffset of [-16 * 60_000, 16 * 60_000])
      await expectRefusal(get({ systemClockOffset }), 403, 'RequestTimeTooSkewed');
  });
  check('are refused when a signed header was changed', async () => {
    const probe = subject();
    const client = tampered(probe.clientWith({}), ({ headers }) => (headers['x-amz-meta-a'] = 'changed'));
    const put = client.send(new PutObjectCommand({ ...probe.at('header'), Body: 'x', Metadata: { a: 'signed' } }));
    await expectRefusal(put, 403, 'SignatureDoesNotMatch');
  });
}

function presignedUrls(check: Checks, subject: Subject): void {
  const stored = async (): Promise<ReturnType<Subject>> => {
    const probe = subject();
    for (const key of ['presigned', 'other'])
      await probe.client.send(new PutObjectCommand({ ...probe.at(key), Body: '0123456789' }));
    return probe;
  };
  check('work for any HTTP client, with ranges', async () => {
    const probe = await stored();
    const url = await probe.presignedGet('presigned');
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([200, '0123456789']);
    const range = await fetch(url, { headers: { range: 'bytes=2-4' } });
    expect([range.status, await range.text()]).toEqual([206, '234']);
  });
  check('name the host that the client sees, whatever stands in between', async () => {
    const probe = await stored();
    const elsewhere = probe.clientWith({ endpoint: 'https://localhost:8443' });
    const url = new URL(await getSignedUrl(elsewhere, new GetObjectCommand(probe.at('presigned')), { expiresIn: 60 }));
    expect(await probe.plain(url)).toMatchObject({ status: 200, bytes: Buffer.from('0123456789') });
    url.host = 'localhost:9443';
    expect(await probe.plain(url)).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' });
  });
  check('are refused when altered: signature, key, life, method', async () => {
    const probe = await stored();
    const altered = async (change: (url: URL) => void, method = 'GET'): Promise<void> => {
      const url = await probe.presignedGet('presigned');
      change(url);
      const answer = await probe.plain(url, { method });
      expect(answer).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' });
    };
    await altered((url) => url.searchParams.set('X-Amz-Signature', '0'.repeat(64)));
    await altered((url) => (url.pathname = url.pathname.replace('presigned', 'other')));
    await altered((url) => url.searchParams.set('X-Amz-Expires', '3600'));
    await altered(() => undefined, 'PUT');
    await altered(() => undefined, 'DELETE');
    expect((await probe.bytesOf('presigned')).toString()).toBe('0123456789');
  });
  check('end with their time', async () => {
    const probe = await stored();
    const signingDate = new Date(Date.now() - HOUR_MS - 1000);
    const late = await probe.plain(await probe.presignedGet('presigned', { expiresIn: 3600, signingDate }));
    expect(late).toMatchObject({ status: 403, code: 'AccessDenied' });
    const longer = await probe.plain(await probe.presignedGet('presigned', { expiresIn: 3700, signingDate }));
    expect(longer.status).toBe(200);
  });
  check('let a client put, this key and no other', async () => {
    const probe = await stored();
    const url = new URL(await getSignedUrl(probe.client, new PutObjectCommand(probe.at('put')), { expiresIn: 60 }));
    expect((await fetch(url, { method: 'PUT', body: 'from outside' })).status).toBe(200);
    expect((await probe.bytesOf('put')).toString()).toBe('from outside');
    url.pathname = url.pathname.replace(/put$/, 'other');
    expect((await fetch(url, { method: 'PUT', body: 'from outside' })).status).toBe(403);
  });
  check(
    'to put do not become a copy of something else',
    async () => {
      const probe = await stored();
      const url = new URL(
        await getSignedUrl(probe.client, new PutObjectCommand(probe.at('stolen')), { expiresIn: 60 }),
      );
      const headers = { 'x-amz-copy-source': `/${probe.bucket}/presigned` };
      expect((await probe.plain(url, { method: 'PUT', headers })).status).toBe(403);
    },
    { cannot: 'unsigned_headers' },
  );
}
