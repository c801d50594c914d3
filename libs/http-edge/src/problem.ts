import { errorTable, type ErrorCode } from '@edgeflow/contracts';

/** An answer as text to write, where there is no framework. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A problem document (RFC 9457), in the form that the services give theirs. */
export function problem(
  code: ErrorCode,
  detail: string,
  path: string,
  status: number = errorTable[code].status,
): Answer {
  const { title } = errorTable[code];
  const document = { type: `urn:edgeflow:problem:${code}`, title, status, detail, code, instance: path };
  return json(status, document, {
    'content-type': 'application/problem+json',
    ...(status === 503 && { 'retry-after': '1' }),
  });
}

export function json(status: number, document: object, headers: Record<string, string> = {}): Answer {
  const body = `${JSON.stringify(document, undefined, 2)}\n`;
  const length = String(Buffer.byteLength(body));
  return { status, headers: { 'content-type': 'application/json', 'content-length': length, ...headers }, body };
}
