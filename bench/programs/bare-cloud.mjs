/** The ceiling of whole-update.bench.mjs, its server: WebSocket and one file over TLS, nothing stored, nothing decided. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import { WebSocketServer } from 'ws';
import { answer } from './answer.mjs';

const KEEP_ALIVE_MS = 120_000;
let [server, sockets, image] = [];
/** Devices that said that they run it. */
const done = new Set();
let allDone;

function heard(text, socket) {
  const { device_id, running } = JSON.parse(text);
  socket.device_id = device_id;
  if (running !== 'new') return;
  done.add(device_id);
  if (done.size === allDone?.count) allDone.resolve();
}

const commands = {
  /** @returns its port */
  listen: async ({ cert, key, bytes }) => {
    image = Buffer.alloc(bytes, 1);
    server = createServer({ cert, key }, (_, response) => response.end(image)).listen(0, '127.0.0.1');
    // A connection that is kept alive is not to end under a request.
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    sockets = new WebSocketServer({ server, perMessageDeflate: false });
    sockets.on('connection', (socket) => socket.on('message', (data) => heard(data.toString(), socket)));
    await once(server, 'listening');
    return server.address().port;
  },
  connected: () => sockets.clients.size,
  /** Tells all of them, and waits until the last runs it. */
  update: async ({ text, count }) => {
    allDone = { count, ...Promise.withResolvers() };
    for (const socket of sockets.clients) socket.send(text);
    await allDone.promise;
    return done.size;
  },
};

answer(commands);
