import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

export interface RequestOptions {
  headers?: Record<string, string>;
  query?: Record<string, string>;
  body?: string | Buffer;
  /** What x-amz-content-sha256 says; default: the hash of the body. */
  payload?: string;
}

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
  /** Of the error document. */
  code: string | undefined;
}

/** A client that signs with the AWS library and says exactly what a test wants said. */
export class SignedClient {
  private readonly signer: SignatureV4;

  constructor(
    private readonly url: string,
    keys: { access_key_id: string; secret_access_key: string },
  ) {
    const credentials = { accessKeyId: keys.access_key_id, secretAccessKey: keys.secret_access_key };
    this.signer = new SignatureV4({
      credentials,
      region: 'us-east-1',
      service: 's3',
      sha256: Sha256,
      uriEscapePath: false,
    });
  }

  /** Sends a request and reads its answer to the end. */
  async send(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const request = await this.open(method, path, options);
    request.end(options.body);
    return read(await answerOf(request));
  }

  /** A signed request whose body is still to be written. */
  async open(
    method: string,
    path: string,
    { headers = {}, query = {}, body = '', payload }: RequestOptions = {},
  ): Promise<ClientRequest> {
    const { hostname, port, host } = new URL(this.url);
    const hash = payload ?? createHash('sha256').update(body).digest('hex');
    const length: Record<string, string> = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const all = { host, 'x-amz-content-sha256': hash, ...length, ...headers };
    const unsigned = { method, protocol: 'http:', hostname, path, query, headers: all };
    const { headers: signed } = await this.signer.sign(unsigned);
    const search = new URLSearchParams(query).toString();
    return httpRequest({
      hostname,
      port,
      method,
      path: search === '' ? path : `${path}?${search}`,
      headers: signed,
    });
  }
}

/** The head of the answer. */
export async function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

export async function read(response: IncomingMessage): Promise<Answer> {
  let text = '';
  for await (const chunk of response.setEncoding('latin1')) text += chunk as string;
  const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1];
  return { status: response.statusCode ?? 0, headers: response.headers, text, code };
}
