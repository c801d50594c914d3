// A replica of a service, as far as an origin can tell: says who it is and what it was asked, and becomes what it is told to (replica.ts).
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const [name, host, port] = process.argv.slice(2);
let ready = true;
/** How often each path was asked for with a body that came whole. */
const bodies = {};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://x');
  if (pathname.endsWith('/readyz')) {
    response.writeHead(ready ? 200 : 503, { 'content-type': 'application/problem+json' });
    return response.end(JSON.stringify({ name, code: ready ? 'none' : 'log-unavailable' }));
  }
  response.setHeader('x-hops', (request.headers.via ?? '').split(',').length);
  let text = '';
  for await (const chunk of request) text += chunk;
  if (text) bodies[pathname] = (bodies[pathname] ?? 0) + 1;
  // A request that reached the service, and broke it.
  if (pathname.endsWith('/break')) return request.socket.destroy();
  if (pathname.endsWith('/hang')) return;
  if (!ready) {
    response.writeHead(503, { 'content-type': 'application/problem+json' });
    return response.end(JSON.stringify({ name, code: 'log-unavailable', headers: request.headers }));
  }
  response.setHeader('content-type', 'application/json');
  return response.end(JSON.stringify({ name, headers: request.headers, url: request.url, text, bodies }));
});
new WebSocketServer({ server }).on('connection', (socket) =>
  socket.on('message', (data) => socket.send(`${name}: ${data}`)),
);
process.on('message', (now) => {
  ready = now.ready;
  process.send('done');
});
server.listen(Number(port), host, () => process.send('listening'));
