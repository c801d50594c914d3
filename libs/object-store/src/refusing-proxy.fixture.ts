import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before an S3 server and lets some requests fail, as a failing network or server does. */
export interface RefusingProxy {
  url: string;
  /** How many requests it refused. */
  refused: number;
  stop(): Promise<void>;
}

/**
 * @param refuses which requests get a 503, or `options.status`
 * @param options.cut_after_bytes cuts the connection when so much of an answer was sent, of those requests that `options.cuts`; default: all
 */
export async function refusingProxy(
  target: string,
  refuses: (request: IncomingMessage) => boolean,
  options: { cut_after_bytes?: number; cuts?: (request: IncomingMessage) => boolean; status?: number } = {},
): Promise<RefusingProxy> {
  const server = createServer((incoming, response) => {
    const cut = (options.cuts?.(incoming) ?? true) ? options.cut_after_bytes : undefined;
    if (!refuses(incoming)) return forward(target, incoming, response, cut);
    proxy.refused += 1;
    incoming.resume();
    response.writeHead(options.status ?? 503).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  const proxy: RefusingProxy = { url: `http://127.0.0.1:${port}`, refused: 0, stop };
  return proxy;
}

function forward(target: string, incoming: IncomingMessage, response: ServerResponse, cut = Infinity): void {
  const { hostname, port } = new URL(target);
  const { method, url: path, headers } = incoming;
  const request = httpRequest({ hostname, port, method, path, headers });
  request.on('error', () => response.destroy());
  request.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    let sent = 0;
    answer.on('data', (chunk: Buffer) => {
      sent += chunk.length;
      if (sent > cut) response.destroy();
      else response.write(chunk);
    });
    answer.on('end', () => response.end());
  });
  incoming.pipe(request);
}
