import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { decodeAwsChunked } from '../body/aws-chunked.js';
import { ChunkVerifier } from '../body/chunk-verifier.js';
import { S3Request } from '../s3-request.js';
import { authenticate } from './authenticate.js';
import { Signer } from './signer.js';

/** The worked examples of the Amazon S3 API reference, chapter "Authenticating requests (Signature Version 4)". */
const realm = {
  access_key_id: 'AKIAIOSFODNN7EXAMPLE',
  secret_access_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
};
const at = new Date('2013-05-24T00:00:00Z');
const EMPTY = createHash('sha256').digest('hex');
const SCOPE = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';
const MINUTE_MS = 60_000;

describe('the signed GET of the reference', () => {
  it('is let in', async () => {
    expect(await authenticate(documentedGet(), realm, at)).toMatchObject({ payload: EMPTY });
  });
  it.each([
    ['another method', { method: 'DELETE' }],
    ['another path', { url: '/other.txt' }],
    ['another query', { url: '/test.txt?x-id=GetObject' }],
    ['another signed header', { headers: { range: 'bytes=0-10' } }],
    ['another host', { headers: { host: 'otherbucket.s3.amazonaws.com' } }],
  ])('is refused for %s', async (_, change) => {
    await expect(authenticate(documentedGet(change), realm, at)).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
    });
  });
  it('may carry other headers that nobody signed, but none of x-amz-*', async () => {
    await authenticate(documentedGet({ headers: { accept: '*/*' } }), realm, at);
    const loose = documentedGet({ headers: { 'x-amz-meta-a': 'b' } });
    await expect(authenticate(loose, realm, at)).rejects.toMatchObject({ code: 'AccessDenied' });
  });
  it('holds for clocks that differ by 15 minutes and not by more', async () => {
    for (const minutes of [-15, 15]) await authenticate(documentedGet(), realm, later(minutes));
    for (const minutes of [-15.1, 15.1]) {
      const late = authenticate(documentedGet(), realm, later(minutes));
      await expect(late).rejects.toMatchObject({ code: 'RequestTimeTooSkewed' });
    }
  });
  it('is for this region and these keys', async () => {
    const elsewhere = authenticate(documentedGet(), { ...realm, region: 'eu-central-1' }, at);
    await expect(elsewhere).rejects.toMatchObject({ code: 'AuthorizationHeaderMalformed' });
    const others = authenticate(documentedGet(), { ...realm, access_key_id: 'OTHER' }, at);
    await expect(others).rejects.toMatchObject({ code: 'InvalidAccessKeyId' });
  });
});

describe('the presigned URL of the reference', () => {
  it('is let in for its 24 hours', async () => {
    await authenticate(presigned(), realm, at);
    await authenticate(presigned(), realm, later(24 * 60));
    const expired = authenticate(presigned(), realm, later(24 * 60 + 0.1));
    await expect(expired).rejects.toMatchObject({ code: 'AccessDenied', message: 'Request has expired' });
  });
  it('is not valid long before its date', async () => {
    await expect(authenticate(presigned(), realm, later(-16))).rejects.toMatchObject({ code: 'AccessDenied' });
  });
  it.each([
    ['no expiry', /&X-Amz-Expires=\d+/, ''],
    ['an expiry of more than a week', 'X-Amz-Expires=86400', 'X-Amz-Expires=604801'],
    ['a signature that is cut', /(Signature=\w{60})\w+/, '$1'],
    ['no credential', /&X-Amz-Credential=[^&]+/, ''],
  ])('is not well formed with %s', async (_, pattern, replacement) => {
    const request = presigned((url) => url.replace(pattern, replacement));
    await expect(authenticate(request, realm, at)).rejects.toMatchObject({ code: 'AuthorizationQueryParametersError' });
  });
});

describe('a request without a right to be here', () => {
  it.each([
    ['no signature', {}, 'AccessDenied'],
    ['another scheme', { authorization: 'AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=' }, 'AccessDenied'],
    ['half a header', { authorization: `AWS4-HMAC-SHA256 Credential=${SCOPE}` }, 'AuthorizationHeaderMalformed'],
  ])('is refused: %s', async (_, headers, code) => {
    await expect(authenticate(requestOf('GET', '/test.txt', headers), realm, at)).rejects.toMatchObject({ code });
  });
});

describe('the signed chunks of the reference', () => {
  const chunks = [
    '10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n',
    `${'a'.repeat(65_536)}\r\n`,
    '400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n',
    `${'a'.repeat(1024)}\r\n`,
    '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n',
  ];

  it('are let in', async () => {
    expect(await decoded(chunks)).toBe(66_560);
  });
  it.each([
    ['a byte', (text: string) => text.replace('aaa\r\n', 'aab\r\n')],
    ['a signature', (text: string) => text.replace('signature=b6', 'signature=b7')],
  ])('are refused when %s was changed', async (_, change) => {
    await expect(decoded([change(chunks.join(''))])).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
  });
  it('are refused without the signature of the last, empty one', async () => {
    const unsigned = [...chunks.slice(0, 4), '0\r\n\r\n'];
    await expect(decoded(unsigned)).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
  });

  async function decoded(pieces: string[]): Promise<number> {
    const claim = await authenticate(documentedChunkedPut(), realm, at);
    const verifier = new ChunkVerifier(new Signer(realm), claim, false);
    let size = 0;
    for await (const piece of decodeAwsChunked(bytes(pieces), new Map(), verifier)) size += piece.length;
    return size;
  }
});

describe('the signed chunks with a signed trailer of the reference', () => {
  const seed = '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e';
  const body = (trailer: string): string[] => [
    '10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n',
    `${'a'.repeat(65_536)}\r\n`,
    '400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n',
    `${'a'.repeat(1024)}\r\n`,
    '0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n',
    `${trailer}\r\n`,
    'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n',
  ];
  const decoded = async (trailer: string): Promise<string | undefined> => {
    const claim = { ...(await authenticate(documentedChunkedPut(), realm, at)), signature: seed };
    const trailers = new Map<string, string>();
    const verifier = new ChunkVerifier(new Signer(realm), claim, true);
    const pieces = decodeAwsChunked(bytes(body(trailer)), trailers, verifier);
    while (!(await pieces.next()).done);
    return trailers.get('x-amz-checksum-crc32c');
  };

  it('are let in', async () => {
    expect(await decoded('x-amz-checksum-crc32c:sOO8/Q==')).toBe('sOO8/Q==');
  });
  it('are refused when the trailer was changed', async () => {
    await expect(decoded('x-amz-checksum-crc32c:AAAAAA==')).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
  });
});

function documentedGet(change: { method?: string; url?: string; headers?: Record<string, string> } = {}): S3Request {
  const { method = 'GET', url = '/test.txt', headers } = change;
  const signature = 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41';
  const signed = 'host;range;x-amz-content-sha256;x-amz-date';
  return requestOf(method, url, {
    host: 'examplebucket.s3.amazonaws.com',
    range: 'bytes=0-9',
    'x-amz-content-sha256': EMPTY,
    'x-amz-date': '20130524T000000Z',
    authorization: `AWS4-HMAC-SHA256 Credential=${SCOPE},SignedHeaders=${signed},Signature=${signature}`,
    ...headers,
  });
}

function presigned(change = (url: string): string => url): S3Request {
  const query = [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    `X-Amz-Credential=${encodeURIComponent(SCOPE)}`,
    'X-Amz-Date=20130524T000000Z',
    'X-Amz-Expires=86400',
    'X-Amz-SignedHeaders=host',
    'X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  ];
  return requestOf('GET', change(`/test.txt?${query.join('&')}`), { host: 'examplebucket.s3.amazonaws.com' });
}

function documentedChunkedPut(): S3Request {
  const headers = {
    'content-encoding': 'aws-chunked',
    'content-length': '66824',
    host: 's3.amazonaws.com',
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'x-amz-date': '20130524T000000Z',
    'x-amz-decoded-content-length': '66560',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
  };
  const signature = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9';
  const signed = Object.keys(headers).join(';');
  const authorization = `AWS4-HMAC-SHA256 Credential=${SCOPE},SignedHeaders=${signed},Signature=${signature}`;
  return requestOf('PUT', '/examplebucket/chunkObject.txt', { ...headers, authorization });
}

function requestOf(method: string, url: string, headers: Record<string, string>): S3Request {
  return new S3Request({ method, url, headers } as unknown as IncomingMessage);
}

function later(minutes: number): Date {
  return new Date(at.getTime() + minutes * MINUTE_MS);
}

async function* bytes(pieces: readonly string[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece);
}
