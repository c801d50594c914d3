import { once } from 'node:events';
import { request } from 'node:https';
import { claim } from './measure.mjs';

/** What an https URL of this machine leads to. */
export async function download(url, ca) {
  const asked = request(url, { ca });
  asked.end();
  const [response] = await once(asked, 'response');
  const body = Buffer.concat(await Array.fromAsync(response));
  claim(response.statusCode === 200, `a presigned URL was answered ${response.statusCode}: ${body.subarray(0, 200)}`);
  return body;
}
