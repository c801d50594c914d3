import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { systemClock, systemEntropy } from '@edgeflow/runtime';
import { authenticate } from './auth/authenticate.js';
import { Signer, type Realm } from './auth/signer.js';
import { payloadOf } from './body/payload.js';
import type { Answer } from './routes/operation.js';
import { operationOf } from './routes/route-table.js';
import { S3Error } from './s3-error.js';
import { S3Request } from './s3-request.js';
import type { Storage } from './storage/storage.js';
import { errorXml } from './xml.js';

/** Told of every failure that is not the client's. */
export type OnFailure = (error: unknown, request: string) => void;

/** Answers S3 requests: verify, run the operation, send. */
export class Endpoint {
  private readonly signer: Signer;

  constructor(
    private readonly realm: Realm,
    private readonly storage: Storage,
    private readonly onFailure: OnFailure,
  ) {
    this.signer = new Signer(realm);
  }

  /**
   * Handles one request to its end; never rejects.
   * @param expectsContinue the client waits for `100 Continue` before it sends its body: it is told to once the body is wanted
   */
  async handle(incoming: IncomingMessage, response: ServerResponse, expectsContinue = false): Promise<void> {
    const id = systemEntropy.uuid();
    response.setHeader('x-amz-request-id', id);
    let answer: Answer;
    try {
      answer = await this.answer(incoming, expectsContinue ? () => response.writeContinue() : () => undefined);
    } catch (error) {
      const refusal = S3Error.from(error);
      const isOurs = refusal.status >= 500 && refusal.code !== 'NotImplemented' && !isClientGone(error);
      if (isOurs) this.onFailure(error, `${incoming.method} request ${id}`);
      answer = errorAnswer(refusal, id);
    }
    await send(incoming, response, answer).catch((error: unknown) => {
      if (!isClientGone(error)) this.onFailure(error, `${incoming.method} request ${id}`);
      response.destroy();
    });
  }

  private async answer(incoming: IncomingMessage, wantBody: () => void): Promise<Answer> {
    const request = new S3Request(incoming);
    const claim = await authenticate(request, this.realm, systemClock.now());
    const payload = () => {
      const content = payloadOf(request, claim, this.signer);
      wantBody();
      return content;
    };
    return operationOf(request)({ request, storage: this.storage, payload });
  }
}

/** Clients go away in the middle of uploads and downloads: no failure of ours. */
function isClientGone(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'].includes(code);
}

function errorAnswer(error: S3Error, id: string): Answer {
  const body = errorXml({ Code: error.code, Message: error.message, RequestId: id });
  return { status: error.status, headers: { 'content-type': 'application/xml', ...error.headers }, body };
}

async function send(incoming: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const { status, headers = {}, body, close } = answer;
  try {
    response.writeHead(status, lengthOf(status, headers, body));
    if (incoming.method === 'HEAD' || body === undefined || typeof body === 'string') {
      response.end(incoming.method === 'HEAD' ? undefined : body);
    } else {
      await pipeline(body, response);
    }
  } finally {
    await close?.();
  }
}

function lengthOf(status: number, headers: Readonly<Record<string, string>>, body: Answer['body']) {
  if (headers['content-length'] !== undefined || status === 204) return headers;
  return { ...headers, 'content-length': String(typeof body === 'string' ? Buffer.byteLength(body) : 0) };
}
