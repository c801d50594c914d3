import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Answer, Part, Tenant } from './registry.fixture.js';

/** A publisher who sends the request piece by piece over a socket of its own, and reads only when it is told to. */
export async function slowPublisher(
  tenant: Tenant,
  parts: readonly Part[],
  connection: 'close' | 'keep-alive' = 'close',
) {
  const boundary = `b${randomBytes(8).toString('hex')}`;
  const pieces = parts.map(([name, value, file_name]) => {
    const type = file_name === undefined ? '' : `; filename="${file_name}"\r\ncontent-type: application/octet-stream`;
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${type}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')]);
  });
  const body = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
  const { hostname, port } = new URL(tenant.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.pause();
  socket.write(
    [
      'POST /registry/v1/firmware HTTP/1.1',
      'host: registry',
      `authorization: Bearer ${await tenant.token('publisher')}`,
      `content-type: multipart/form-data; boundary=${boundary}`,
      `content-length: ${body.length}`,
      `connection: ${connection}`,
      '\r\n',
    ].join('\r\n'),
  );
  let sent = 0;
  const sendTo = async (end: number): Promise<void> => {
    for (; sent < end; sent = Math.min(end, sent + 65_536)) {
      if (!socket.write(body.subarray(sent, Math.min(end, sent + 65_536)))) await once(socket, 'drain');
    }
  };
  return {
    /** Sends all but the last `bytes` of the body. */
    sendAllBut: (bytes: number) => sendTo(body.length - bytes),
    /** Sends the rest and reads the answer. */
    async finish(): Promise<Answer> {
      await sendTo(body.length);
      return answerFrom(socket);
    },
    /** Goes away without a word. */
    vanish: () => socket.destroy(),
  };
}

/** Reads an answer; its end is where its length says, since a connection may be kept alive. */
async function answerFrom(socket: Socket): Promise<Answer> {
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    const [head = '', json = ''] = text.split('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (Buffer.byteLength(json) === length)
      return { status: Number(head.split(' ')[1]), body: JSON.parse(json) as Answer['body'] };
  }
  throw new Error(`the connection ended in the middle of an answer: ${text}`);
}
