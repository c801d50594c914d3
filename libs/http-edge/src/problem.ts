import { errorTable, type ErrorCode } from '@edgeflow/contracts';

/** An answer as text to write, where there is no framework. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What a path may consist of (RFC 3986, section 3.3). */
const PATH = /^\/[A-Za-z0-9/._~!$&'()*+,;=:@%-]*$/;

export const PROBLEM_TYPE = 'application/problem+json';

/** What every problem document has (RFC 9457). @param status where it is another than the code's own */
export function problemDocument(code: ErrorCode, detail: string, instance: string, status?: number) {
  const { title, status: usual } = errorTable[code];
  return { type: `urn:edgeflow:problem:${code}`, title, status: status ?? usual, detail, code, instance };
}

/**
 * An answer that is a problem document.
 * @param path as it was asked for; what is no path, and so no `instance`, becomes `/`
 * @param members further ones of the document
 */
export function problem(code: ErrorCode, detail: string, path: string, status?: number, members: object = {}): Answer {
  const document = { ...problemDocument(code, detail, PATH.test(path) ? path : '/', status), ...members };
  return json(document.status, document, {
    'content-type': PROBLEM_TYPE,
    ...(document.status === 503 && { 'retry-after': '1' }),
  });
}

export function json(status: number, document: object, headers: Record<string, string> = {}): Answer {
  const body = `${JSON.stringify(document, undefined, 2)}\n`;
  const length = String(Buffer.byteLength(body));
  return { status, headers: { 'content-type': 'application/json', 'content-length': length, ...headers }, body };
}
