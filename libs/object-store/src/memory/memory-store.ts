import { Download, type DownloadAnswer, type DownloadRequest } from './download.js';
import { MemoryObjectStore } from './memory-object-store.js';
import { MemoryServer, type MemoryStoreOptions } from './memory-server.js';
import type { ClientOptions } from './requests.js';

/**
 * An S3-compatible store in memory, which several programs share: each has a `client` of its own, and devices have `download`. It is no
 * kinder than a real one: a request may be done though its answer is lost, what a killed upload has left stays, and what it attests is what it
 * was given, not what it hands out. What goes wrong, and when, is the fault port's.
 */
export class MemoryStore {
  private readonly server: MemoryServer;

  constructor(options: MemoryStoreOptions) {
    this.server = new MemoryServer(options);
  }

  /** A program's access to a bucket of this store. */
  client(options: ClientOptions): MemoryObjectStore {
    return new MemoryObjectStore(this.server, options);
  }

  /**
   * What a device gets for a presigned URL. The answer has the shape of Node's `IncomingMessage`, as far as readers of images look at it.
   * @throws StoreCut when there is no answer, as the body does when it breaks off; the signal's reason
   */
  download(request: DownloadRequest): Promise<DownloadAnswer> {
    return new Download(this.server, request).answer();
  }

  /** An object is gone, without anybody having removed it. @throws StoreAnswer `NoSuchBucket` */
  lose(bucket: string, key: string): void {
    this.server.bucket(bucket).remove(key);
  }

  /**
   * A bit of an object turns over on the disk.
   * @returns false where there is no such byte
   * @throws StoreAnswer `NoSuchBucket`
   */
  rot(bucket: string, key: string, at: number): boolean {
    return this.server.bucket(bucket).rot(key, at);
  }
}
