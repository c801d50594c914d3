import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What came back until the server hung up. */
export interface RawAnswer {
  /** Of the first answer; 0 when the connection was cut without one. */
  status: number;
  /** All bytes, of however many answers. */
  text: string;
}

/** How long a server may let a test wait before it counts as hanging, in milliseconds; its own limits are far below. */
const HANGS_MS = 90_000;

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
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A reset is one of the ways to hang up.
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  const hangs = setTimeout(() => socket.destroy(new Error('hangs')), HANGS_MS);
  socket.write(bytes);
  await more(socket);
  await closed;
  clearTimeout(hangs);
  if (socket.errored?.message === 'hangs') throw new Error(`the server neither answered nor hung up: ${chunks.length}`);
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
