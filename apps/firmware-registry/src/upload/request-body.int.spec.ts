import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@edgeflow/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guardBody } from './request-body.js';

let server: Server;
let received: Promise<string>;

beforeEach(async () => {
  server = createServer();
  received = once(server, 'request').then(async (args) => {
    const [raw, response] = args as [IncomingMessage, { end(): void }];
    guardBody(raw, 1_000_000, systemClock, { bytes: 10_000, period_ms: 200 });
    try {
      for await (const chunk of raw) void chunk;
      response.end();
      return 'whole';
    } catch (error) {
      return (error as Error).message;
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => server.close());

/** Sends parts of a body, so many bytes each, with a pause after each. */
async function send(parts: number, bytes: number, pause_ms: number): Promise<void> {
  const upload = request({ port: (server.address() as AddressInfo).port, method: 'POST' });
  const gone = new Promise<void>((resolve) => upload.once('error', () => resolve()).once('response', () => resolve()));
  for (let n = 0; n < parts && !upload.destroyed; n++) {
    upload.write(Buffer.alloc(bytes));
    await sleep(pause_ms);
  }
  upload.end();
  await gone;
}

describe('an upload', () => {
  it('that dribbles is cut off, though it is never silent', async () => {
    await send(1_000, 10, 10);
    expect(await received).toBe('the upload is too slow');
  });

  it('that takes its time is not', async () => {
    await send(10, 50_000, 50);
    expect(await received).toBe('whole');
  });
});
