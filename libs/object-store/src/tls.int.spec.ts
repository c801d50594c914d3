import { createServer, type Server } from 'node:https';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAuthority, type Authority } from '@edgeflow/embedded';
import { startTestS3, temporaryFolder, type TemporaryFolder, type TestS3 } from '@edgeflow/testkit';
import { systemClock } from '@edgeflow/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { S3ObjectStore } from './s3-object-store.js';

let folder: TemporaryFolder;
let authority: Authority;
let s3: TestS3;
let proxy: Server;
let endpoint: string;
beforeAll(async () => {
  folder = await temporaryFolder('s3-tls');
  authority = await createAuthority(folder.path);
  s3 = await startTestS3();
  proxy = createServer(await authority.issue(), forward).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  endpoint = `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterAll(async () => {
  proxy.close();
  proxy.closeAllConnections();
  await s3.stop();
  await folder.remove();
});

/** The embedded endpoint, as a TLS proxy in front of it would show it: signatures name the proxy's host. */
function forward(incoming: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = incoming;
  const outgoing = request(new URL(url!, s3.endpoint), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  });
  incoming.pipe(outgoing);
}

async function roundTrip(store: S3ObjectStore): Promise<string> {
  try {
    await store.ensureBucket();
    await store.put('over/tls', [Buffer.from('image')] as never);
    const { url } = await store.presignGet('over/tls', 60, new Date());
    return url;
  } finally {
    store.close();
  }
}

describe('an object store over TLS', () => {
  it('is reached when its authority is known, and signs URLs of its own address', async () => {
    expect(await roundTrip(new S3ObjectStore({ ...s3, endpoint, ca: authority.ca }, systemClock))).toMatch(
      new RegExp(`^${endpoint}/`),
    );
  });

  it('is not spoken to when its certificate is of an authority that nobody named, or of another', async () => {
    const { ca } = await createAuthority(join(folder.path, 'other'));
    await expect(roundTrip(new S3ObjectStore({ ...s3, endpoint }, systemClock))).rejects.toThrow(/look at S3_CA_FILE/);
    await expect(roundTrip(new S3ObjectStore({ ...s3, endpoint, ca }, systemClock))).rejects.toThrow(
      /look at S3_CA_FILE/,
    );
  });
});

describe('downloads over plain http', () => {
  it('are refused, at the start where the public endpoint says so', async () => {
    const public_endpoint = 'http://downloads.example';
    expect(() => new S3ObjectStore({ ...s3, public_endpoint }, systemClock)).toThrow(/must be https/);
    await expect(roundTrip(new S3ObjectStore({ ...s3 }, systemClock))).rejects.toThrow(/must be https/);
  });

  it('go when that is allowed, for development', async () => {
    expect(await roundTrip(new S3ObjectStore({ ...s3, allow_insecure_downloads: true }, systemClock))).toMatch(
      /^http:/,
    );
  });
});
