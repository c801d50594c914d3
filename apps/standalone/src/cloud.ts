import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { basename } from 'node:path';
import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';

/** A service refused: its problem document (RFC 9457) in words. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    what: string,
  ) {
    super(`${what}: ${code} (${status}), ${detail}`);
  }
}

/** The origin as a client with the installation's CA sees it. */
export class Cloud {
  constructor(
    private readonly origin: string,
    private readonly ca: string,
  ) {}

  /** GET, as JSON. @throws Problem */
  get<T>(path: string, token: string): Promise<T> {
    return answerOf<T>(this.request('GET', path, token).end());
  }

  /** POST of a JSON body. @param key the same key is the same request (Idempotency-Key) @throws Problem */
  post<T>(path: string, token: string, body: object, key?: string): Promise<T> {
    const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
    return answerOf<T>(this.request('POST', path, token, headers).end(JSON.stringify(body)));
  }

  /** POST of a form with a file as its last part (RFC 7578), streamed from the disk. @throws Problem */
  async upload<T>(path: string, token: string, fields: Record<string, string>, file: string): Promise<T> {
    const boundary = `edgeflow-${randomUUID()}`;
    const parts = Object.entries(fields).map(([name, value]) => `${part(boundary, `name="${name}"`)}\r\n${value}\r\n`);
    const fileName = basename(file).replaceAll('"', '%22');
    const filePart = part(boundary, `name="file"; filename="${fileName}"`);
    const head = Buffer.from(`${parts.join('')}${filePart}content-type: application/octet-stream\r\n\r\n`);
    const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
    const { size } = await stat(file);
    const sending = this.request('POST', path, token, {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.length + size + tail.length),
    });
    const answer = answerOf<T>(sending);
    sending.write(head);
    // The service may answer, and hang up, before it has read everything: then its answer is what counts.
    const sent = pipeline(createReadStream(file), sending, { end: false }).then(() => sending.end(tail));
    const [answered] = await Promise.all([answer, sent.catch(() => undefined)]);
    return answered;
  }

  private request(method: string, path: string, token: string, headers: Record<string, string> = {}): ClientRequest {
    const url = new URL(path, this.origin);
    return request(url, { method, ca: this.ca, headers: { authorization: `Bearer ${token}`, ...headers } });
  }
}

function part(boundary: string, disposition: string): string {
  return `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n`;
}

async function answerOf<T>(sending: ClientRequest): Promise<T> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sending.once('response', resolve);
    sending.on('error', reject);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const { statusCode: status = 0 } = response;
  if (status >= 200 && status < 300) return JSON.parse(text) as T;
  throw problemIn(text, status, `${sending.method} ${sending.path}`);
}

function problemIn(text: string, status: number, what: string): Problem {
  try {
    const { code = 'unknown', detail = text } = JSON.parse(text) as { code?: string; detail?: string };
    return new Problem(status, code, detail, what);
  } catch {
    return new Problem(status, 'no-problem-document', text.slice(0, 200), what);
  }
}
