/** The ceiling of connect.bench.mjs: WebSocket over TLS, and one guarded append for each device before it is welcome. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { WebSocketServer } from 'ws';
import { bareSingle } from '../rig/bare-append.mjs';
import { answer } from './answer.mjs';

const STREAM = 'BARE';
let [nats, server] = [];

const commands = {
  open: async ({ servers, user, password: pass, ca }) => {
    nats = await connect({ servers, user, pass, tls: { ca }, ignoreClusterUpdates: true });
    await (await jetstreamManager(nats)).streams.add({ name: STREAM, subjects: ['bare.>'] });
  },
  /** @returns its port */
  listen: async ({ cert, key }) => {
    server = createServer({ cert, key }).listen(0, '127.0.0.1');
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    sockets.on('connection', (socket, { url }) =>
      socket.once('message', async (hello) => {
        await bareSingle(nats, `bare.${url.slice(1)}`, hello);
        socket.send(JSON.stringify({ type: 'welcome' }));
      }),
    );
    await once(server, 'listening');
    return server.address().port;
  },
  /** Ends what it has in NATS. @returns how many events it has stored */
  end: async () => {
    const { streams } = await jetstreamManager(nats);
    const { messages } = (await streams.info(STREAM)).state;
    await streams.delete(STREAM);
    return messages;
  },
};

answer(commands);
