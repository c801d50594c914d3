import type { IncomingMessage } from 'node:http';

/** What is read of a problem document (RFC 9457). */
export interface Problem {
  status: number;
  code?: string;
  detail?: string;
  /** What time it is by the cloud's clock, milliseconds since 1970: `server_time`, or the header `Date` (RFC 9110, section 6.6.1). */
  server_time?: number;
}

/** So much of an answer's body is read, in bytes. */
const BODY_MAX = 64 * 1024;

/** The JSON object that a response has as its body; an empty one where it has none, or too much. @throws the network's own error */
export async function readObject(response: IncomingMessage): Promise<Record<string, unknown>> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    body += chunk;
    if (body.length > BODY_MAX) break;
  }
  try {
    return Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** The problem that a response tells of; only the status where its body is none. @throws the network's own error */
export async function readProblem(response: IncomingMessage): Promise<Problem> {
  return problemIn(response, await readObject(response));
}

/** The problem that a body is, with the status that it came with. */
export function problemIn(response: IncomingMessage, body: Record<string, unknown>): Problem {
  const { code, detail } = body;
  const server_time = timeOf(body.server_time) ?? timeOf(response.headers.date);
  return {
    status: response.statusCode ?? 0,
    ...(typeof code === 'string' && { code }),
    ...(typeof detail === 'string' && { detail }),
    ...(server_time !== undefined && { server_time }),
  };
}

function timeOf(text: unknown): number | undefined {
  const at = typeof text === 'string' ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : at;
}
