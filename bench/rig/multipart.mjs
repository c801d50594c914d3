/** A form, streamed to an HTTP or HTTPS server. */
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { claim } from './measure.mjs';

/** @returns the JSON that it is answered with @throws Untrue unless that is 201 */
export async function postForm(url, { form, token, ca }) {
  const { body, headers } = new Response(form);
  const options = {
    ...{ method: 'POST', ca },
    headers: { authorization: `Bearer ${token}`, 'content-type': headers.get('content-type') },
  };
  const request = (url.startsWith('https') ? https : http).request(url, options);
  const answered = once(request, 'response');
  answered.catch(() => undefined);
  await pipeline(Readable.fromWeb(body), request);
  const [response] = await answered;
  const text = Buffer.concat(await Array.fromAsync(response)).toString();
  claim(response.statusCode === 201, `an upload was answered ${response.statusCode}: ${text}`);
  return JSON.parse(text);
}
