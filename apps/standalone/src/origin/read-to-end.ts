import type { Socket } from 'node:net';

type Done = (error?: Error | null) => void;

/**
 * Has a connection to a service be read to its end, also when the service hung up on what it was being sent: it may have answered before,
 * and what it said waits in the kernel. A stream of Node ends at the first write that fails, and what it has not read by then is lost. How
 * the connection ended is seen at its reading side, which comes to the same end behind the answer.
 */
export function readToEnd(service: Socket): void {
  const [write, writev] = [service._write.bind(service), service._writev?.bind(service)];
  const regardless =
    (done: Done): Done =>
    (error) =>
      done(isHangUp(error) ? null : error);
  service._write = (chunk, encoding, done) => write(chunk, encoding, regardless(done));
  if (writev) service._writev = (chunks, done) => writev(chunks, regardless(done));
}

/** Errors of a write into a connection that was made and is over, or half over. */
function isHangUp(error: NodeJS.ErrnoException | null | undefined): boolean {
  return error?.syscall === 'write' && ['EPIPE', 'ECONNRESET'].includes(error.code ?? '');
}
