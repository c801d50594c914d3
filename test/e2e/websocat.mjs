/**
 * What docs/device-protocol.md needs of websocat (`-t --protocol P URL -H HEADER`), where there is none: lines in, lines out. As there, all words
 * behind `-H` are headers.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    text: { type: 'boolean', short: 't' },
    protocol: { type: 'string' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
  },
});
const words = process.argv.slice(2);
const url = positionals[0];
if (url === undefined || words.indexOf(url) > words.indexOf('-H')) {
  console.error('websocat: No URL specified.');
  process.exit(1);
}
const headers = Object.fromEntries(values.header.map((line) => line.split(/:\s*(.*)/s).slice(0, 2)));
const socket = new WebSocket(url, values.protocol, { headers });
socket.on('message', (data) => process.stdout.write(`${data.toString()}\n`));
socket.on('close', () => process.exit(0));
socket.on('error', ({ message }) => {
  console.error(message);
  process.exit(1);
});
socket.on('open', () => {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => socket.send(line));
  lines.on('close', () => socket.close());
});
