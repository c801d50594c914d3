import { errorTable, type ErrorCode } from '@edgeflow/contracts';

/** An answer as text to write, where there is no framework. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What a path may consist of (RFC 3986, section 3.3). */
const PATH = /^\/[A-Za-z0-9/._~!$&'()*+,;=:@%-]*$/;

/**
 * A problem document (RFC 9457), in the form that the services give theirs.
 * @param path as it was asked for; what is no path, and so no `instance`, becomes `/`
 * @param members further ones of the document
 */
export function problem(
  code: ErrorCode,
  detail: string,
  path: string,
  status: number = errorTable[code].status,
  members: object = {},
): Answer {
  const { title } = errorTable[code];
  const document = {
    type: `urn:edgeflow:problem:${code}`,
    title,
    status,
    detail,
    code,
    instance: PATH.test(path) ? path : '/',
    ...members,
  };
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
