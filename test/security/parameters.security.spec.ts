import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandaloneUnderTest } from '../e2e/standalone.harness.js';
import { nullBodies } from './null-bodies.js';
import { openApiOperations, type Operation } from './open-api-routes.js';
import { rawHttp } from './raw-http.js';

let standalone: StandaloneUnderTest;
let operations: Operation[];
let authorization: string;
beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  operations = await openApiOperations(standalone.endpoints.http_origin);
  authorization = `Bearer ${(await standalone.token('acme', 'admin')).trim()}`;
});
afterAll(() => standalone.dispose());

/** What goes wrong on one of the operations: each is asked in all of these ways, and each must refuse. */
async function accepted(ways: (operation: Operation) => [url: string, body?: string][]): Promise<string[]> {
  const found: string[] = [];
  const ask = async (operation: Operation): Promise<void> => {
    for (const [url, body] of ways(operation)) {
      const answer = await fetch(standalone.endpoints.http_origin + url, {
        method: operation.method,
        headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body }),
      });
      const { code } = (await answer.json()) as { code?: string };
      if (answer.status !== 400 || code !== 'invalid-request') {
        found.push(`${operation.method} ${url}: ${answer.status} ${code}`);
      }
    }
  };
  await Promise.all(operations.map(ask));
  return found;
}

const named = (operation: Operation, where: 'path' | 'query') =>
  operation.parameters.filter((parameter) => parameter.in === where);
/** A path whose parameters are all `value`, but one. */
const pathOf = ({ path }: Operation, value = 'x_1', name = '', other = ''): string =>
  path.replace(/\{(\w+)\}/g, (_, parameter) => (parameter === name ? other : value));
/** An action of a path is one of a few words. */
const knownPath = (operation: Operation): string => pathOf(operation, 'x_1', 'action', 'pause');

describe('a parameter of a query', () => {
  it('that a route does not know is refused by every route', async () => {
    expect(operations.length).toBeGreaterThan(30);
    expect(await accepted((operation) => [[`${knownPath(operation)}?no_such_parameter=1`]])).toEqual([]);
  });

  it('that a route takes once is refused twice', async () => {
    const ways = (operation: Operation): [string][] =>
      named(operation, 'query')
        .filter(({ schema }) => schema?.type !== 'array')
        .map(({ name }) => [`${knownPath(operation)}?${name}=1&${name}=1`]);
    expect(await accepted(ways)).toEqual([]);
  });

  it.each(['%00', 'a%00b', '%0d%0a', '%1b', '%7f'])('is refused with %s in it, and so is a path', async (odd) => {
    const ways = (operation: Operation): [string][] => [
      ...named(operation, 'query').map(({ name }): [string] => [`${knownPath(operation)}?${name}=${odd}`]),
      ...named(operation, 'path').map(({ name }): [string] => [pathOf(operation, 'x_1', name, odd)]),
      [`${knownPath(operation)}?${odd}=1`],
    ];
    expect(await accepted(ways)).toEqual([]);
  });
});

describe('a text in a body', () => {
  it.each(['\\u0000', '\\ud800', '\\udfff\\ud800'])('is refused by every route with %s in it', async (odd) => {
    const ways = ({ method, path }: Operation): [string, string][] => {
      if (method === 'GET' || path === '/registry/v1/firmware') return [];
      const operation = operations.find((one) => one.method === method && one.path === path)!;
      return ['reason', 'name', 'version', 'x'].map((name) => [knownPath(operation), `{"${name}":"${odd}"}`]);
    };
    expect(await accepted(ways)).toEqual([]);
  });
});

describe('null', () => {
  /** What the operations say to each body with a null in it. */
  async function answers(nullable: boolean): Promise<string[]> {
    const bodies = operations.flatMap((operation) =>
      (operation.body ? nullBodies(operation.body) : [])
        // An amendment is a merge patch: null takes away what is there, at any depth.
        .filter((one) => (one.nullable || operation.path.endsWith('/amend')) === nullable)
        .map((one) => ({ ...one, method: operation.method, url: knownPath(operation) })),
    );
    expect(bodies.length).toBeGreaterThan(nullable ? 5 : 60);
    return Promise.all(
      bodies.map(async ({ method, url, member, body }) => {
        const answer = await fetch(standalone.endpoints.http_origin + url, {
          method,
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        const { code = '', detail = '' } = (await answer.json()) as { code?: string; detail?: string };
        const isNamed = detail.includes(member.split('.').at(-1)!) && detail.includes('must not be null');
        return `${method} ${url} ${member}: ${answer.status} ${code} ${isNamed ? 'named' : detail}`;
      }),
    );
  }

  it('for a member that may be left out is refused by every route, in the words of the API', async () => {
    const odd = (await answers(false)).filter((answer) => !answer.endsWith(': 400 invalid-request named'));
    expect(odd).toEqual([]);
  });

  it('that has a meaning is no fault', async () => {
    const odd = (await answers(true)).filter((answer) => / 5\d\d | event-invalid |must not be null/.test(answer));
    expect(odd).toEqual([]);
  });
});

describe('a header', () => {
  // At the same time: the origin takes two seconds to let go of each.
  it.concurrent.each(['idempotency-key', 'x-request-id', 'user-agent', 'traceparent'])(
    '%s has no control characters',
    async (name) => {
      const sent = ['\u0000', 'a\u0000b', '\u001b', '\u007f'].map(async (odd) => {
        const bytes = `GET /query/v1/devices HTTP/1.1\r\nhost: x\r\n${name}: ${odd}\r\nauthorization: ${authorization}\r\n\r\n`;
        const { status, text } = await rawHttp(standalone.endpoints.http_origin, bytes);
        return [odd, status, text.includes('"invalid-request"')];
      });
      for (const [odd, ...answer] of await Promise.all(sent)) expect([odd, ...answer]).toEqual([odd, 400, true]);
    },
  );
});
