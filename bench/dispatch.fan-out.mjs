/** The ceiling of dispatch.bench.mjs, as a process of its own: a bare WebSocket server that sends all of its clients the same text. */
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });

const commands = {
  port: () => server.address().port,
  /** @returns when the first was sent */
  send: ({ text }) => {
    const at = Number(process.hrtime.bigint()) / 1e6;
    for (const client of server.clients) client.send(text);
    return at;
  },
};

process.on('message', ({ id, command, args }) => process.send({ id, result: commands[command](args) }));
process.once('disconnect', () => process.exit(0));
server.once('listening', () => process.send({ ready: true }));
