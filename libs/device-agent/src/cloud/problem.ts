import type { IncomingMessage } from 'node:http';

/** What is read of a problem document (RFC 9457). */
export interface Problem {
  status: number;
  code?: string;
  detail?: string;
}

/** So much of a refusal's body is read, in bytes. */
const BODY_MAX = 16 * 1024;

/** The problem that a response tells of; only the status where its body is none. @throws the network's own error */
export async function readProblem(response: IncomingMessage): Promise<Problem> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    body += chunk;
    if (body.length > BODY_MAX) break;
  }
  return { status: response.statusCode ?? 0, ...textsIn(body) };
}

function textsIn(body: string): { code?: string; detail?: string } {
  try {
    const value: unknown = JSON.parse(body);
    const { code, detail } = Object(value) as Record<string, unknown>;
    return { ...(typeof code === 'string' && { code }), ...(typeof detail === 'string' && { detail }) };
  } catch {
    return {};
  }
}
