import { createHash, randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { describe, expect } from 'vitest';
import { expectRefusal, type Checks, type Probe, type Subject } from './conformance.fixture.js';

/** The least that S3 takes for a part that is not the last. */
const PART = 5 * 1024 * 1024;
const first = randomBytes(PART);
const last = randomBytes(1000);

/** Multipart uploads: parts in any order, one object, nothing left after an abort. */
export function multipartChecks(check: Checks, subject: Subject): void {
  describe('multipart uploads', () => {
    ends(check, subject);
    refusals(check, subject);
  });
}

function ends(check: Checks, subject: Subject): void {
  check('make one object of parts that came in any order, some twice', async () => {
    const upload = await Upload.begin(subject(), 'joined', { Metadata: { made: 'of parts' } });
    const two = await upload.part(2, last);
    await upload.part(1, randomBytes(PART));
    const one = await upload.part(1, first);
    expect(await upload.parts()).toEqual([1, 2]);
    await expectRefusal(subject().client.send(new HeadObjectCommand(upload.target)), 404);
    await upload.complete([one, two]);
    expect((await subject().bytesOf('joined')).equals(Buffer.concat([first, last]))).toBe(true);
    const head = await subject().client.send(new HeadObjectCommand(upload.target));
    expect(head).toMatchObject({ ContentLength: PART + 1000, Metadata: { made: 'of parts' } });
    expect(await openUploads(subject(), 'joined')).toEqual([]);
  });
  check(
    'are attested as a whole or not at all',
    async () => {
      const upload = await Upload.begin(subject(), 'hashed', { ChecksumAlgorithm: 'SHA256' });
      await upload.complete([await upload.part(1, first), await upload.part(2, last)]);
      const command = new HeadObjectCommand({ ...upload.target, ChecksumMode: 'ENABLED' });
      const { ChecksumSHA256, ChecksumType } = await subject().client.send(command);
      const whole = createHash('sha256').update(first).update(last).digest('base64');
      expect([ChecksumSHA256, ChecksumType]).toEqual([whole, 'FULL_OBJECT']);
    },
    { cannot: 'checksums' },
  );
  check('are listed while they are open and gone when aborted', async () => {
    const upload = await Upload.begin(subject(), 'aborted/a');
    const other = await Upload.begin(subject(), 'aborted/b');
    await upload.part(1, first);
    expect(await openUploads(subject(), 'aborted/')).toEqual(['aborted/a', 'aborted/b']);
    await upload.abort();
    expect(await openUploads(subject(), 'aborted/')).toEqual(['aborted/b']);
    await expectRefusal(upload.part(2, last), 404, 'NoSuchUpload');
    // radosgw calls it NoSuchKey here.
    await expectRefusal(upload.parts(), 404, 'NoSuchUpload', 'NoSuchKey');
    await expectRefusal(subject().client.send(new HeadObjectCommand(upload.target)), 404);
    await other.abort();
  });
  check('are listed in pages', async () => {
    const uploads = [];
    for (const key of ['pages/a', 'pages/a', 'pages/b']) uploads.push(await Upload.begin(subject(), key));
    expect(await openUploads(subject(), 'pages/', 1)).toEqual(['pages/a', 'pages/a', 'pages/b']);
    for (const upload of uploads) await upload.abort();
  });
}

function refusals(check: Checks, subject: Subject): void {
  check('refuse parts but the last that are smaller than 5 MiB', async () => {
    const upload = await Upload.begin(subject(), 'small');
    const parts = [await upload.part(1, last), await upload.part(2, first)];
    await expectRefusal(upload.complete(parts), 400, 'EntityTooSmall');
    await expectRefusal(subject().client.send(new HeadObjectCommand(upload.target)), 404);
    await upload.abort();
  });
  check('refuse parts that are unknown or changed, and can be completed rightly after', async () => {
    const upload = await Upload.begin(subject(), 'refused');
    const one = await upload.part(1, first);
    const two = await upload.part(2, last);
    await expectRefusal(upload.complete([one, { ...two, PartNumber: 3 }]), 400, 'InvalidPart');
    await expectRefusal(upload.complete([one, { ...two, ETag: `"${'0'.repeat(32)}"` }]), 400, 'InvalidPart');
    await expectRefusal(subject().client.send(new HeadObjectCommand(upload.target)), 404);
    await upload.complete([one, two]);
    expect(await subject().bytesOf('refused')).toHaveLength(PART + 1000);
  });
  check(
    'refuse parts that are not in order',
    async () => {
      const upload = await Upload.begin(subject(), 'disorder');
      const parts = [await upload.part(1, first), await upload.part(2, last)];
      await expectRefusal(upload.complete(parts.reverse()), 400, 'InvalidPartOrder');
      await upload.abort();
    },
    { cannot: 'part_order' },
  );
  check('belong to their key', async () => {
    const upload = await Upload.begin(subject(), 'mine');
    const stolen = { ...subject().at('yours'), UploadId: upload.id, PartNumber: 1, Body: last };
    await expectRefusal(subject().client.send(new UploadPartCommand(stolen)), 404, 'NoSuchUpload');
    await upload.abort();
  });
  check(
    'refuse a part with a wrong checksum',
    async () => {
      const upload = await Upload.begin(subject(), 'bad-part', { ChecksumAlgorithm: 'SHA256' });
      const ChecksumSHA256 = createHash('sha256').update('other').digest('base64');
      await expectRefusal(upload.part(1, first, { ChecksumSHA256 }), 400, 'BadDigest');
      expect(await upload.parts()).toEqual([]);
      await upload.abort();
    },
    { cannot: 'checksums' },
  );
}

/** One upload, step by step. */
class Upload {
  private constructor(
    private readonly probe: Probe,
    readonly target: { Bucket: string; Key: string },
    readonly id: string | undefined,
  ) {}

  static async begin(
    probe: Probe,
    key: string,
    options: { Metadata?: Record<string, string>; ChecksumAlgorithm?: 'SHA256' } = {},
  ): Promise<Upload> {
    const target = probe.at(key);
    const { UploadId } = await probe.client.send(new CreateMultipartUploadCommand({ ...target, ...options }));
    return new Upload(probe, target, UploadId);
  }

  async part(PartNumber: number, Body: Buffer, sums: { ChecksumSHA256?: string } = {}): Promise<CompletedPart> {
    const command = new UploadPartCommand({ ...this.target, UploadId: this.id, PartNumber, Body, ...sums });
    const { ETag } = await this.probe.client.send(command);
    return { PartNumber, ETag };
  }

  async parts(): Promise<(number | undefined)[]> {
    const { Parts = [] } = await this.probe.client.send(new ListPartsCommand({ ...this.target, UploadId: this.id }));
    return Parts.map(({ PartNumber }) => PartNumber);
  }

  async complete(Parts: CompletedPart[]): Promise<void> {
    const command = { ...this.target, UploadId: this.id, MultipartUpload: { Parts } };
    await this.probe.client.send(new CompleteMultipartUploadCommand(command));
  }

  async abort(): Promise<void> {
    await this.probe.client.send(new AbortMultipartUploadCommand({ ...this.target, UploadId: this.id }));
  }
}

async function openUploads({ client, bucket }: Probe, Prefix: string, MaxUploads?: number): Promise<string[]> {
  const keys: string[] = [];
  let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix, MaxUploads, ...marker }));
    keys.push(...(page.Uploads ?? []).map(({ Key = '' }) => Key));
    if (!page.IsTruncated) return keys;
    marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}
