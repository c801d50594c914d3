import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@edgeflow/runtime';
import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitBodyTime } from './body-deadline.js';
import { problemSender } from './problem.filter.js';

const WITHIN_MS = 300;

let server: FastifyInstance;
const escaped: unknown[] = [];
const escape = (error: unknown): void => void escaped.push(error);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

beforeEach(async () => {
  server = fastify();
  server.setErrorHandler(problemSender({ clock: systemClock }));
  limitBodyTime(server, WITHIN_MS, systemClock);
  server.get('/', () => 'read');
  server.post('/', ({ body }) => ({ body }));
  server.post('/slow', async ({ body }) => (await sleep(2 * WITHIN_MS), { body }));
  await server.listen({ host: '127.0.0.1', port: 0 });
  process.on('uncaughtException', escape);
});
afterEach(async () => {
  process.off('uncaughtException', escape);
  agent.destroy();
  await server.close();
});

/** A request on the one connection that there is. @param part what is sent of the body; `end` whether that is all */
function ask(
  path: string,
  init: { method?: string; type?: string; part?: string; end?: boolean } = {},
): Promise<number> {
  const { method = 'POST', type = 'application/json', part = '', end = true } = init;
  const { port } = server.server.address() as AddressInfo;
  const headers = { 'content-type': type, ...(!end && { 'content-length': 100_000 }) };
  return new Promise((resolve, reject) => {
    const asked = request({ port, path, method, agent, headers: method === 'GET' ? {} : headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.once('error', reject);
    if (end) asked.end(part);
    else asked.write(part);
  });
}

describe('the deadline of a body', () => {
  it('does not touch what is in time, however long its answer takes, or has no body', async () => {
    expect(await ask('/', { part: '{}' })).toBe(200);
    expect(await ask('/slow', { part: '{}' })).toBe(200);
    expect(await ask('/', { method: 'GET' })).toBe(200);
    await sleep(2 * WITHIN_MS);
    expect(await ask('/', { method: 'GET' })).toBe(200);
    expect(escaped).toEqual([]);
  });

  it('ends a body that does not end', async () => {
    expect(await ask('/', { part: '{"a":', end: false })).toBe(408);
  });

  it('leaves the connection to the next request when nobody reads a body', async () => {
    const part = 'x'.repeat(300_000);
    expect(await ask('/', { type: 'text/x', part })).toBe(415);
    expect(await ask('/nowhere', { part })).toBe(400);
    expect(await ask('/', { part: '{}' })).toBe(200);
    await sleep(2 * WITHIN_MS);
    expect(escaped).toEqual([]);
  });
});
