import type { Duplex } from 'node:stream';

/**
 * What is read of a client that has had its answer, before its connection is cut. Time is what counts: a client that still sends after
 * it was not stopped by an answer and an end of ours in ten seconds will not be stopped, and one that sends less than 16 KiB in two seconds
 * is not in the middle of a body. The bytes are those of an image that nearly nobody has; they go nowhere, so they cost bandwidth only.
 */
export const LINGER = {
  ms: 10_000,
  pace: { bytes: 16 * 1024, period_ms: 2_000 },
  bytes: 256 * 1024 * 1024,
  connections: 256,
};

/** Connections that are being closed, the oldest first. */
const closing = new Map<Duplex, () => void>();

/**
 * Closes a connection so that what was written to it arrives, though the client is still sending (RFC 9112, section 9.6): our side is
 * ended, what still comes is read and dropped, within {@link LINGER}, and only then is the connection let go. Closed at once, with bytes
 * of the client unread, TCP would send a reset, which takes the answer away from a client that has not read it yet.
 * Nobody else hears anything of the connection any more. When too many linger, the oldest is cut: it had its time.
 */
export function lingeringClose(socket: Duplex): void {
  if (closing.has(socket) || socket.destroyed) return;
  const cut = (): void => void socket.destroy();
  makeRoom();
  closing.set(socket, cut);
  const timer = setTimeout(cut, LINGER.ms).unref();
  socket.once('close', () => {
    clearTimeout(timer);
    closing.delete(socket);
  });
  socket.on('error', cut);
  if (socket.isPaused()) socket.once('resume', () => drop(socket, cut)).resume();
  else drop(socket, cut);
  // When the client ends its side too, the stream destroys itself once what was written is out.
  socket.end();
}

/**
 * Reads what comes and drops it: a parser that listened would take it for requests. The connection must flow by then: Node's HTTP server
 * starts its reading itself, and stops to care for that when somebody else listens.
 */
function drop(socket: Duplex, cut: () => void): void {
  const { bytes, pace } = LINGER;
  let [dropped, before] = [0, 0];
  socket.removeAllListeners('data').removeAllListeners('end');
  socket.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > bytes) cut();
  });
  const watch = setInterval(() => {
    if (dropped - before < pace.bytes) cut();
    before = dropped;
  }, pace.period_ms).unref();
  socket.once('close', () => clearInterval(watch));
}

function makeRoom(): void {
  if (closing.size < LINGER.connections) return;
  const [oldest] = closing.values();
  oldest?.();
}
