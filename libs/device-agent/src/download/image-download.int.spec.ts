import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { systemClock } from '@edgeflow/runtime';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connections } from '../cloud/connections.js';
import { FakeCloud, cutAfter, redirectTo, sendImage, sendPage, type Answer } from '../fake-cloud.fixture.js';
import { HashSink } from '../hash-sink.js';
import { silentLog } from '../log.js';
import { planFor } from '../update/plan.fixture.js';
import { DownloadUrl } from './download-url.js';
import { downloadImage, type DownloadOptions } from './image-download.js';

const image = randomBytes(300_000);
const plan = planFor(image);

let folder: TemporaryFolder;
let cloud: FakeCloud;
let other: FakeCloud;
let connections: Connections;
let sink: HashSink;

beforeEach(async () => {
  folder = await temporaryFolder('download');
  cloud = await FakeCloud.start(join(folder.path, 'ca'));
  other = await FakeCloud.start(join(folder.path, 'ca'));
  for (const server of [cloud, other]) server.images.set('/image', image);
  cloud.images.set('/elsewhere', image);
  connections = new Connections({ ca: cloud.ca });
  sink = new HashSink();
});
afterEach(async () => {
  connections.close();
  await Promise.all([cloud.stop(), other.stop()]);
  await folder.remove();
});

async function download(over: Partial<DownloadOptions> = {}): Promise<string> {
  const url = new DownloadUrl(plan.update_id, { ask: () => give(), now: Date.now, clock: systemClock });
  const give = () => url.set(`${cloud.origin}/image`, '2100-01-01T00:00:00Z');
  const context = {
    connections,
    signal: new AbortController().signal,
    log: silentLog,
    now: Date.now,
    clock: systemClock,
  };
  const window = { min_s: 0, max_s: 0 };
  await downloadImage({
    ...context,
    plan,
    url,
    sink,
    window,
    random: Math.random,
    onProgress: () => undefined,
    ...over,
  });
  return sink.digest();
}

const page = Buffer.from('<html>Please log in</html>');
/** A page that does not say how long it is. */
const sendChunkedPage: Answer = (_request, response) => void response.writeHead(200).end(page);
const sendZipped: Answer = (_request, response, whole) => {
  response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(whole));
};
const sendOtherRange: Answer = (_request, response, whole) => {
  const range = `bytes 0-99/${whole.length}`;
  response.writeHead(206, { 'content-length': 100, 'content-range': range }).end(whole.subarray(0, 100));
};
const sendPageAsRange: Answer = (request, response, whole) => {
  const [, start = '0'] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const range = `bytes ${start}-${whole.length - 1}/${whole.length}`;
  response.writeHead(206, { 'content-length': page.length, 'content-range': range }).end(page);
};
const sendMore: Answer = (_request, response, whole) => void response.writeHead(200).end(Buffer.concat([whole, page]));
/** What speaks another protocol from here on, though nobody asked for one (RFC 9110, section 15.2.2). */
const switchProtocols: Answer = (request) => {
  request.socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\nother words');
};

const strange: [string, Answer][] = [
  ['a page with another length', sendPage],
  ['a page of unknown length', sendChunkedPage],
  ['the image, compressed', sendZipped],
  ['another range than was asked for', sendOtherRange],
  ['more than the image', sendMore],
  ['a redirect of a captive portal', redirectTo('http://portal.example/login')],
  ['a redirect to another host', redirectTo('https://cdn.example/image?token=secret')],
  ['a redirect to nowhere', redirectTo('https://')],
  ['a redirect to itself', redirectTo('/image', 307)],
  ['another protocol', switchProtocols],
];

describe('an answer that is not the image', () => {
  it.each(strange)('is passed over, and the image is taken when it comes: %s', async (_name, answer) => {
    cloud.answers.push(answer, answer);
    expect(await download()).toBe(plan.sha256);
  });

  it.each(strange)('that always comes is a failed download, not a wrong image: %s', async (_name, answer) => {
    cloud.always = answer;
    await expect(download()).rejects.toMatchObject({
      code: 'download-failed',
      message: expect.stringContaining('not the image'),
    });
    expect(cloud.downloads.length).toBeGreaterThanOrEqual(5);
    expect(sink.received).toBe(0);
  });

  it.each([...strange, ['a page as the range that was asked for', sendPageAsRange] as const])(
    'does not get into an image that is there in part: %s',
    async (_name, answer) => {
      cloud.answers.push(cutAfter(100_000), answer);
      expect(await download()).toBe(plan.sha256);
    },
  );

  it('does not tell the record the secrets of where it would have led', async () => {
    cloud.always = redirectTo('https://cdn.example/image?token=secret');
    const error = (await download().catch((reason: unknown) => reason)) as Error;
    expect(error.message).toContain('https://cdn.example');
    expect(error.message).not.toContain('secret');
  });
});

describe('a body of the right size', () => {
  it('whose bytes are wrong is for the hash to find', async () => {
    cloud.images.set('/image', randomBytes(image.length));
    expect(await download()).not.toBe(plan.sha256);
    expect(sink.resumed).toBe(false);
  });

  it('that came in more than one answer is suspected', async () => {
    cloud.answers.push(cutAfter(100_000));
    expect(await download()).toBe(plan.sha256);
    expect(sink.resumed).toBe(true);
  });

  it('comes whole where a server does not know Range', async () => {
    const whole: Answer = (_request, response, bytes) => void response.writeHead(200).end(bytes);
    cloud.answers.push(cutAfter(100_000), whole);
    expect(await download()).toBe(plan.sha256);
  });
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('to the same origin is followed: %i', async (status) => {
    cloud.answers.push(redirectTo('/elsewhere', status));
    expect(await download()).toBe(plan.sha256);
  });

  it('is followed on with the range that is missing', async () => {
    cloud.answers.push(cutAfter(100_000), redirectTo(`${cloud.origin}/elsewhere`));
    expect(await download()).toBe(plan.sha256);
    expect(cloud.ranges.at(-1)).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('is followed five times, and not six', async () => {
    for (let times = 0; times < 5; times += 1) cloud.answers.push(redirectTo('/elsewhere'));
    expect(await download()).toBe(plan.sha256);
    expect(cloud.downloads).toHaveLength(6);
    sink = new HashSink();
    for (let times = 0; times < 6; times += 1) cloud.answers.push(redirectTo('/elsewhere'));
    expect(await download()).toBe(plan.sha256);
    expect(cloud.downloads).toHaveLength(6 + 7);
  });

  it('to a host that the settings name is followed, and gets no credentials', async () => {
    const { host } = new URL(other.origin);
    cloud.always = redirectTo(`${other.origin}/image`);
    await expect(download()).rejects.toMatchObject({ code: 'download-failed' });
    expect(other.downloads).toEqual([]);
    expect(await download({ redirect_hosts: [host] })).toBe(plan.sha256);
    expect(Object.keys(other.downloads[0]!).toSorted()).toEqual(['accept-encoding', 'connection', 'host']);
  });

  it('to plain http is not followed, even to a host that the settings name', async () => {
    const { host } = new URL(other.origin);
    cloud.always = redirectTo(`http://${host}/image`);
    await expect(download({ redirect_hosts: [host] })).rejects.toMatchObject({ code: 'download-failed' });
    cloud.always = sendImage;
  });
});
