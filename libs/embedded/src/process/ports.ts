import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Locked, takeLock } from '@edgeflow/configuration/lock-file';
import { integerBetween, systemEntropy } from '@edgeflow/runtime';

const LOOPBACK = '127.0.0.1';
/**
 * Below the ports that Linux gives to outgoing connections (32768 and up, net.ipv4.ip_local_port_range): while a server
 * is restarted, no connection of this machine takes its port.
 */
const RANGE = { from: 15_000, to: 32_000 };
/** A lock for each port that a process was given: it listens there some seconds later, and again after a restart. */
const GIVEN = join(tmpdir(), 'edgeflow-ports');

/**
 * A TCP port of the loopback interface that nobody listens on at this moment, and that this has given to no living process.
 * @param preferred taken when nobody listens on it
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isPortFree(preferred))) return preferred;
  for (;;) {
    const port = integerBetween(systemEntropy, RANGE.from, RANGE.to, 'port');
    if (isOurs(port) && (await isPortFree(port))) return port;
  }
}

/** Takes a port for as long as this process lives; false when it has been given already. Where no file can be written all are free. */
function isOurs(port: number): boolean {
  try {
    mkdirSync(GIVEN, { recursive: true });
    takeLock(join(GIVEN, String(port)));
    return true;
  } catch (error) {
    return !(error instanceof Locked);
  }
}

/** True when nobody listens on this port of the loopback interface. */
async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, LOOPBACK);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
  await server[Symbol.asyncDispose]();
  return true;
}
