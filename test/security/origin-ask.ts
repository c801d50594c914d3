import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { CaddyUnderTest } from './caddy.js';

/** What an origin answered. */
export interface Said {
  status: number;
  headers: Record<string, unknown>;
  /** Names and addresses of the certificate. */
  names: string;
}

/** A request whose certificate must be right for the host. */
export async function ask(
  to: CaddyUnderTest,
  path: string,
  options: { host?: string; headers?: object; ca?: string } = {},
): Promise<Said> {
  const { host = 'localhost', headers = {}, ca = await to.ca() } = options;
  const asked = httpsRequest({ host, port: to.port, path, ca, headers: { ...headers } });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const names = (response.socket as TLSSocket).getPeerCertificate().subjectaltname ?? '';
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode ?? 0, headers: response.headers, names };
}
