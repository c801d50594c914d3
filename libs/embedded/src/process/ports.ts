import { once } from 'node:events';
import { createServer } from 'node:net';
import { integerBetween, systemEntropy } from '@edgeflow/runtime';

const LOOPBACK = '127.0.0.1';
/**
 * Below the ports that Linux gives to outgoing connections (32768 and up, net.ipv4.ip_local_port_range): while a server
 * is restarted, no connection of this machine takes its port.
 */
const RANGE = { from: 15_000, to: 32_000 };

/**
 * A TCP port of the loopback interface that nobody listens on at this moment.
 * @param preferred taken when it is free
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isPortFree(preferred))) return preferred;
  for (;;) {
    const port = integerBetween(systemEntropy, RANGE.from, RANGE.to, 'port');
    if (await isPortFree(port)) return port;
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
