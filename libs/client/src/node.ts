import http from 'node:http';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { apiErrorOf, type ApiError } from './api-error.js';
import type { Fetch } from './retry.js';

/** A request as Node's own HTTP sends it. Redirects are not followed. */
export interface Outgoing {
  method?: string;
  headers?: OutgoingHttpHeaders;
  /** Text, or the parts of a form as they are read. */
  body?: string | Readable | undefined;
  signal: AbortSignal;
}

/** Over which connections a request leaves. */
export interface Ways {
  /** Default: Node's own. */
  agent?: http.Agent;
  /** PEM; default: the system's authorities. */
  ca?: string;
  /** A connection on which nothing moved for so long, in milliseconds, is given up; default: none is. */
  silence_ms?: number;
}

/** A `fetch` for EdgeFlowClient that sends by Node's own HTTP. @param max_bytes of an answer that are read; the rest is cut off */
export function fetchBy(
  send: (url: URL, outgoing: Outgoing) => Promise<IncomingMessage>,
  { max_bytes = Infinity }: { max_bytes?: number } = {},
): Fetch {
  return async (request) => {
    const { method, signal } = request;
    const headers = Object.fromEntries(request.headers);
    const incoming = await send(new URL(request.url), { method, headers, body: await bodyOf(request), signal });
    const { statusCode: status = 0 } = incoming;
    // As `Response` has it, in words that say whose fault it is.
    if (status < 200 || status > 599) throw new Error(`HTTP ${status} is no answer to a request`);
    return new Response((await textOf(incoming, max_bytes)) || null, { status, headers: headersOf(incoming) });
  };
}

/**
 * A `fetch` that trusts one authority, in place of the system's.
 * @param ca PEM; without it the system's
 * @param silence_ms a connection on which nothing moved for so long is given up; without it, none is
 */
export function fetchTrusting(ca: string | undefined, silence_ms?: number): Fetch {
  const ways = { ...(ca !== undefined && { ca }), ...(silence_ms !== undefined && { silence_ms }) };
  return fetchBy((url, outgoing) => send(url, outgoing, ways));
}

/**
 * Sends a request and answers with the response's head; its body is the stream. Redirects are not followed.
 * @throws the network's own error, or the signal's reason
 */
export function send(
  url: URL,
  { body, signal, ...head }: Outgoing,
  { silence_ms, ...ways }: Ways = {},
): Promise<IncomingMessage> {
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const sending = request(url, { ...head, ...ways, ...(silence_ms !== undefined && { timeout: silence_ms }) });
    onAnswer(sending, resolve);
    cutWhenAborted(sending, signal);
    sending.on('timeout', () => sending.destroy(new Error(`no answer within ${(silence_ms ?? 0) / 1000} s`)));
    sending.on('error', reject);
    sendBody(sending, body);
  });
}

/** The refusal that an answer is; of one that breaks off its head alone. @param max_bytes of its body that are read */
export async function refusalIn(what: string, incoming: IncomingMessage, max_bytes: number): Promise<ApiError> {
  const text = await textOf(incoming, max_bytes).catch(() => '');
  const answer = { status: incoming.statusCode ?? 0, headers: headersOf(incoming) };
  try {
    return apiErrorOf(what, answer, JSON.parse(text));
  } catch {
    return apiErrorOf(what, answer, text);
  }
}

/**
 * Hears the head of an answer. One that switches to another protocol, which nobody has asked for, is an answer without a body (101): Node
 * itself would drop the request without a word.
 */
function onAnswer(sending: ClientRequest, take: (answer: IncomingMessage) => void): void {
  sending.on('response', take);
  sending.on('upgrade', (answer, socket) => {
    socket.destroy();
    answer.destroy();
    take(answer);
  });
}

/**
 * Node's own `signal` would cut a kept-alive connection that the answer has left already, and so the process: nobody listens to the error
 * of a socket that waits for its next request.
 */
function cutWhenAborted(sending: ClientRequest, signal: AbortSignal): void {
  const cut = (): void => {
    // The request has taken its own listener from a socket whose answer it gave up.
    sending.socket?.on('error', () => undefined);
    sending.destroy(signal.reason);
  };
  const letGo = (): void => signal.removeEventListener('abort', cut);
  signal.addEventListener('abort', cut, { once: true });
  sending.on('close', letGo);
  sending.on('response', (response) => {
    response.on('end', letGo);
    // Whoever reads the body gets its error; between two reads nobody listens.
    response.on('error', () => undefined);
  });
  if (signal.aborted) cut();
}

/** Ends a request with its body. The service may answer, and hang up, before it has read everything: then its answer is what counts. */
function sendBody(sending: ClientRequest, body: Outgoing['body']): void {
  // What is left of a form then is left alone: cancelled while it is being read, it throws where nobody can catch it (Node 24).
  if (body instanceof Readable) body.on('error', (error) => sending.destroy(error)).pipe(sending);
  else sending.end(body);
}

/** Forms may be large and are streamed; JSON has a length. */
async function bodyOf(request: Request): Promise<string | Readable | undefined> {
  if (!request.body) return undefined;
  const isForm = request.headers.get('content-type')?.startsWith('multipart/') ?? false;
  return isForm ? Readable.fromWeb(request.body as never) : request.text();
}

async function textOf(incoming: IncomingMessage, max_bytes: number): Promise<string> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > max_bytes) break;
  }
  return text;
}

function headersOf({ headers }: IncomingMessage): Headers {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  return new Headers(given.map(([name, value]): [string, string] => [name, [value].flat().join(', ')]));
}
