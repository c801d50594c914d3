import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyedMutex } from '@edgeflow/configuration/keyed-mutex';
import { S3Error } from '../s3-error.js';
import { Bucket } from './bucket.js';
import { syncFolder } from '../../files/durable-files.js';

/** Amazon S3 user guide, "Bucket naming rules", the part that also makes a name safe as a folder. */
const BUCKET_NAME = /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** All buckets, one folder each. */
export class Storage {
  private readonly buckets = new Map<string, Bucket>();
  private readonly mutex = new KeyedMutex();

  private constructor(private readonly dir: string) {}

  /** Opens the folder and every bucket in it. */
  static async open(dir: string): Promise<Storage> {
    const storage = new Storage(dir);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const names = (await readdir(dir)).filter((name) => BUCKET_NAME.test(name));
    for (const name of names) storage.buckets.set(name, await Bucket.open(join(dir, name)));
    return storage;
  }

  /** @throws S3Error NoSuchBucket */
  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new S3Error('NoSuchBucket');
    return bucket;
  }

  /** @throws S3Error InvalidBucketName, BucketAlreadyOwnedByYou */
  async createBucket(name: string): Promise<void> {
    if (!BUCKET_NAME.test(name)) throw new S3Error('InvalidBucketName');
    await this.mutex.run(name, async () => {
      if (this.buckets.has(name)) throw new S3Error('BucketAlreadyOwnedByYou');
      const bucket = await Bucket.open(join(this.dir, name));
      await syncFolder(this.dir);
      this.buckets.set(name, bucket);
    });
  }
}
