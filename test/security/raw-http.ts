import { connect, type Socket } from 'node:net';

/** What came back until the server hung up. */
export interface RawAnswer {
  /** Of the first answer; 0 when the connection was cut without one. */
  status: number;
  /** All bytes, of however many answers. */
  text: string;
}

/** How long a server may let a test wait before it counts as hanging, in milliseconds; its own limits are far below. */
const HANGS_MS = 60_000;
const PROBE_MS = 100;

/**
 * Sends these very bytes to a plain port, then what `more` sends, until the server hangs up: fetch is too polite for what attackers
 * send. @throws Error when the server never does
 */
export async function rawHttp(
  origin: string,
  bytes: string | Buffer,
  more: (socket: Socket) => Promise<void> = async () => undefined,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin);
  // This client never hangs up: that is for the server to do. Only what is sent after its last word shows whether it has.
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const probe = setInterval(() => socket.readableEnded && socket.write(' '), PROBE_MS);
  // A reset is one of the ways to hang up.
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const hangs = setTimeout(() => socket.destroy(new Error('hangs')), HANGS_MS);
  socket.write(bytes);
  await more(socket);
  await closed;
  clearTimeout(hangs);
  clearInterval(probe);
  if (socket.errored?.message === 'hangs') throw new Error(`the server neither answered nor hung up`);
  const text = Buffer.concat(chunks).toString('latin1');
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text };
}

/** Sends this again and again while the server listens; for bodies and headers that never end. @param pause_ms between two */
export function drip(bytes: string | Buffer, pause_ms: number): (socket: Socket) => Promise<void> {
  return async (socket) => {
    while (!socket.destroyed && socket.writable) {
      socket.write(bytes);
      await new Promise((resolve) => setTimeout(resolve, pause_ms));
    }
  };
}
