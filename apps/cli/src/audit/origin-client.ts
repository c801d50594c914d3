import { get } from 'node:https';
import { get as getPlain } from 'node:http';
import type { IncomingMessage } from 'node:http';

/** How to ask an origin. */
export interface OriginAccess {
  /** `https://localhost:8443`; plain http on loopback alone. */
  origin: string;
  /** PEM; without it the system's authorities. */
  ca?: string;
  /** A bearer token, or an API key. */
  token: string;
}

const ANSWER_MS = 30_000;

/** The JSON that a path of the origin answers. @throws Error of one line, with the code of a refusal */
export async function fetchJson<T>({ origin, ca, token }: OriginAccess, path: string): Promise<T> {
  const url = new URL(path, origin);
  const options = {
    headers: { authorization: `Bearer ${token}` },
    timeout: ANSWER_MS,
    ...(ca !== undefined && { ca }),
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = (url.protocol === 'https:' ? get : getPlain)(url, options, resolve);
    request.on('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
    request.on('error', reject);
  });
  const chunks = await Array.fromAsync(response as AsyncIterable<Buffer>);
  const body = JSON.parse(Buffer.concat(chunks).toString()) as T & { code?: string; detail?: string };
  if (response.statusCode === 200) return body;
  throw new Error(`${path.split('?', 1)[0]}: ${body.code ?? response.statusCode}, ${body.detail ?? ''}`);
}
