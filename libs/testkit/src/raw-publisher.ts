import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PoisonMessage } from './poison.js';

/** Writes to NATS what no client of ours would: any bytes as headers, any bytes as a body. For a server without users. */
export class RawPublisher {
  private constructor(private readonly socket: Socket) {}

  static async open(url: string): Promise<RawPublisher> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve, reject) => socket.once('data', () => resolve()).once('error', reject));
    socket.write('CONNECT {"headers":true,"verbose":false}\r\n');
    return new RawPublisher(socket);
  }

  /** @param head the whole block of headers, from `NATS/1.0` on, or none */
  publish(subject: string, head: string | undefined, body: string | Uint8Array): void {
    const payload = Buffer.from(body);
    const headers = Buffer.from(head ?? '');
    const line =
      head === undefined
        ? `PUB ${subject} ${payload.length}\r\n`
        : `HPUB ${subject} ${headers.length} ${headers.length + payload.length}\r\n`;
    this.socket.write(Buffer.concat([Buffer.from(line), headers, payload, Buffer.from('\r\n')]));
  }

  /** Resolves when the server has taken everything. @throws Error with what it says when it does not */
  async flush(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const onData = (data: Buffer): void => {
        if (data.includes('-ERR')) reject(new Error(data.toString()));
        if (!data.includes('PONG')) return;
        this.socket.off('data', onData);
        resolve();
      };
      this.socket.on('data', onData).once('error', reject);
      this.socket.write('PING\r\n');
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

/**
 * Has messages stored in the log as they are, whatever they are. Nobody else may write meanwhile.
 * @returns the position of the last one
 */
export async function storeRaw(
  url: string,
  log: { state(): Promise<{ last: number }> },
  messages: readonly Pick<PoisonMessage, 'subject' | 'head' | 'body'>[],
): Promise<number> {
  const { last } = await log.state();
  const end = last + messages.length;
  const publisher = await RawPublisher.open(url);
  for (const { subject, head, body } of messages) publisher.publish(subject, head, body);
  await publisher.flush();
  publisher.close();
  // Nobody acknowledges them: they are stored soon.
  while ((await log.state()).last < end) await sleep(10);
  return end;
}
