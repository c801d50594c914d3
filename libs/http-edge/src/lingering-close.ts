import type { Duplex, Readable } from 'node:stream';
import type { Clock } from '@edgeflow/runtime';

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
export function lingeringClose(socket: Duplex, clock: Clock): void {
  if (closing.has(socket) || socket.destroyed) return;
  const cut = (): void => void socket.destroy();
  makeRoom();
  closing.set(socket, cut);
  socket.once('close', () => closing.delete(socket));
  socket.on('error', cut);
  // It must flow when its listeners go, for a parser among them would take what comes for requests: Node's HTTP server starts the reading
  // itself, and stops to care for that when somebody else listens.
  const drop = (): void => {
    socket.removeAllListeners('data').removeAllListeners('end');
    socket.once('close', dropRest(socket, cut, clock));
  };
  if (socket.isPaused()) socket.once('resume', drop).resume();
  else drop();
  // When the client ends its side too, the stream destroys itself once what was written is out.
  socket.end();
}

/**
 * Drops what comes of a stream, within the bounds of {@link LINGER}.
 * @param done when they are over
 * @returns what ends it
 */
export function dropRest(stream: Readable, done: () => void, clock: Clock): () => void {
  const { ms, pace, bytes } = LINGER;
  let [dropped, before] = [0, 0];
  const count = (chunk: Buffer): void => {
    dropped += chunk.length;
    if (dropped > bytes) done();
  };
  const look = (): void => {
    if (dropped - before < pace.bytes) done();
    before = dropped;
  };
  const ends = [clock.after(ms, done, { ref: false }), clock.every(pace.period_ms, look, { ref: false })];
  stream.on('data', count);
  return () => {
    for (const end of ends) end();
    stream.off('data', count);
  };
}

function makeRoom(): void {
  if (closing.size < LINGER.connections) return;
  const [oldest] = closing.values();
  oldest?.();
}
