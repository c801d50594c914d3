import { once } from 'node:events';
import { connect } from 'node:tls';
import type { OriginRequest } from './origin-request.js';

/** Where an origin is. */
export interface OriginAddress {
  /** Its port on this machine. */
  port: number;
  /** Its certificate's authority, PEM. */
  ca: string;
  /** The host that requests name, with its port, as it is in presigned URLs. */
  host: string;
}

/** What two origins must have in common; the body as it is, or, where it is JSON, as what it says. */
export interface OriginAnswer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** A server that says nothing more in this time has said everything, in milliseconds. */
const SILENCE_MS = 2_000;

/**
 * Of one hop, of one moment, or of how bytes are framed: an HTTP/1.1 server writes what suits it (RFC 9110, section 7.6.1). What an
 * answer is, and how long, is compared as its body.
 */
const OF_THE_HOP = [
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'date',
  'x-request-id',
  'x-amz-request-id',
];

/** Asks an origin by HTTP/1 in TLS. @returns status 0 when it hung up without an answer */
export async function answerOf(origin: OriginAddress, request: OriginRequest): Promise<OriginAnswer> {
  const text = await exchange(origin, request);
  const answers = text.split(/(?=HTTP\/1\.\d )/).filter((one) => !/^HTTP\/1\.\d 100 /.test(one));
  return comparable(answers[0] ?? '', request);
}

async function exchange({ port, ca, host }: OriginAddress, request: OriginRequest): Promise<string> {
  const servername = new URL(`https://${host}`).hostname;
  const socket = connect({ port, host: '127.0.0.1', servername, ca, ALPNProtocols: ['http/1.1'] });
  const chunks: Buffer[] = [];
  socket.on('data', (data: Buffer) => {
    chunks.push(data);
    if (isWhole(Buffer.concat(chunks).toString('latin1'), request)) socket.end();
  });
  // A reset behind an answer is one of the ways to hang up.
  socket.on('error', () => undefined);
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'secureConnect');
  const { method = 'GET', target, version = '1.1', hosts = [`Host: ${host}`], lines = [], body = '' } = request;
  const close = lines.some((line) => line.startsWith('Connection:')) ? [] : ['Connection: close'];
  socket.write([`${method} ${target} HTTP/${version}`, ...hosts, ...lines, ...close, '', body].join('\r\n'));
  await closed;
  return Buffer.concat(chunks).toString('latin1');
}

/** Whether an answer with a length is here; what has none ends with its connection. */
function isWhole(text: string, { method }: OriginRequest): boolean {
  const [, head, length] = /^(HTTP\/1\.\d [2-5][^]*?\r\ncontent-length: (\d+)\r\n[^]*?\r\n\r\n)/i.exec(text) ?? [];
  return head !== undefined && (method === 'HEAD' || text.length - head.length >= Number(length));
}

function comparable(answer: string, { differs = [] }: OriginRequest): OriginAnswer {
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const fields = lines.map((line) => /^([^:]+): *(.*)$/.exec(line) ?? []);
  const headers = Object.fromEntries(fields.map(([, name = '', value = '']) => [name.toLowerCase(), value]));
  const raw = rest.join('\r\n\r\n');
  const body = headers['transfer-encoding'] === 'chunked' ? unchunked(raw) : raw;
  const kept = Object.entries(headers).filter(([name]) => !OF_THE_HOP.includes(name));
  return {
    status: Number(/^HTTP\/1\.\d (\d{3})/.exec(first)?.[1] ?? 0),
    headers: differs.includes('headers') ? {} : Object.fromEntries(kept.sort()),
    body: differs.includes('body') ? undefined : meaning(body, headers['content-type']),
  };
}

function unchunked(text: string): string {
  const [, size = '0'] = /^([0-9a-f]+)\r\n/i.exec(text) ?? [];
  const length = Number.parseInt(size, 16);
  if (length === 0) return '';
  const start = size.length + 2;
  return text.slice(start, start + length) + unchunked(text.slice(start + length + 2));
}

/** What a body says, without what is of this very request or moment. */
function meaning(body: string, type = ''): unknown {
  if (/json/.test(type) && body !== '') {
    const { http_request_id: _, server_time: __, ...said } = JSON.parse(body) as Record<string, unknown>;
    return said;
  }
  return body.replace(/<RequestId>.*<\/RequestId>/, '');
}
