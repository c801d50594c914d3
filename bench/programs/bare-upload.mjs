/** The ceiling of upload.bench.mjs: lib-storage alone, to the same bucket; and what is in it afterwards. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { now } from '../rig/measure.mjs';
import { answer } from './answer.mjs';

let client;
let Bucket;

const commands = {
  open: ({ endpoint, region, bucket, access_key_id: accessKeyId, secret_access_key: secretAccessKey }) => {
    const credentials = { accessKeyId, secretAccessKey };
    const calculation = { requestChecksumCalculation: 'WHEN_REQUIRED' };
    client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, ...calculation });
    Bucket = bucket;
  },
  /** @returns milliseconds */
  upload: async ({ file, key: Key }) => {
    const begin = now();
    await new Upload({ client, params: { Bucket, Key, Body: createReadStream(file) } }).done();
    return now() - begin;
  },
  /** @returns the SHA-256 of what is stored there */
  sha256: async ({ key: Key }) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    const hash = createHash('sha256');
    for await (const chunk of Body) hash.update(chunk);
    return hash.digest('hex');
  },
};

answer(commands);
