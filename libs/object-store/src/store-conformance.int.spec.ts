import { systemClock } from '@edgeflow/runtime';
import { startRadosgw, startTestS3 } from '@edgeflow/testkit';
import type { ObjectStoreConfig } from './config.js';
import { MemoryStore } from './memory/memory.js';
import { S3ObjectStore } from './s3-object-store.js';
import { storeConforms, type Got, type StartedStore } from './store-conformance.fixture.js';

storeConforms('the embedded endpoint', async () => overS3(await startTestS3()));
storeConforms(
  'radosgw',
  async () => {
    const radosgw = await startRadosgw();
    return radosgw && overS3({ ...radosgw, endpoint: radosgw.url, region: 'us-east-1', bucket: 'conformance' });
  },
  { early_urls: 'it takes a URL before its date' },
);
for (const attests of ['none', 'single', 'all'] as const)
  storeConforms(`the model that attests ${attests}`, async () => {
    const store = new MemoryStore({ clock: systemClock, attests, page: 2 });
    const client = (by: string) => store.client({ by, bucket: 'conformance', clock: systemClock });
    const get = async (url: string, range?: string): Promise<Got> => {
      const headers = range === undefined ? {} : { range };
      const answer = await store.download({ by: 'device', url: new URL(url), headers, signal: never });
      const content_range = answer.headers['content-range'];
      return { status: answer.statusCode, bytes: Buffer.concat(await Array.fromAsync(answer)), content_range };
    };
    return { one: client('one'), other: client('other'), get, stop: () => Promise.resolve() };
  });

const never = new AbortController().signal;

function overS3({ stop, ...server }: ObjectStoreConfig & { stop(): Promise<void> }): StartedStore {
  const config = { ...server, allow_insecure_downloads: true };
  const [one, other] = [new S3ObjectStore(config, systemClock), new S3ObjectStore(config, systemClock)];
  const get = async (url: string, range?: string): Promise<Got> => {
    const answer = await fetch(url, { headers: range === undefined ? {} : { range } });
    const content_range = answer.headers.get('content-range') ?? undefined;
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()), content_range };
  };
  const end = async (): Promise<void> => {
    one.close();
    other.close();
    await stop();
  };
  return { one, other, get, stop: end };
}
