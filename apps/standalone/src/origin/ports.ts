import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { freePort } from '@edgeflow/embedded';
import { systemClock } from '@edgeflow/runtime';

/** A port that the origin is to have. */
export interface WantedPort {
  /** 0 takes any free one. */
  port: number;
  /** The variable that sets it. */
  variable: string;
}

export const HOST = '127.0.0.1';
/** The processes of a standalone that was killed end with it, but not in the same instant, in milliseconds. */
const PATIENCE_MS = 2_000;
const PAUSE_MS = 100;

/**
 * The ports that the origin's processes are to share, each of them free now and another than the others. Whoever shares a
 * port (SO_REUSEPORT) gets it beside anybody of this user who shares it too, another standalone as well; so we ask for it
 * first without sharing.
 * @throws Error of one line when one of them is taken
 */
export async function claimPorts(wanted: readonly WantedPort[]): Promise<number[]> {
  await using held = new AsyncDisposableStack();
  const ports: number[] = [];
  for (const { port: fixed, variable } of wanted) {
    const port = fixed === 0 ? await freePort() : fixed;
    held.use(await hold(port, variable, systemClock.steady_ms() + PATIENCE_MS));
    ports.push(port);
  }
  return ports;
}

async function hold(port: number, variable: string, until: number): Promise<Server> {
  const server = createServer();
  try {
    server.listen({ port, host: HOST, exclusive: true });
    await once(server, 'listening');
    return server;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' && systemClock.steady_ms() < until) {
      await systemClock.sleep(PAUSE_MS);
      return hold(port, variable, until);
    }
    if (code === 'EADDRINUSE') throw new Error(`port ${port} is taken: set ${variable} to another one`, { cause });
    if (code === 'EACCES')
      throw new Error(`port ${port} is not for this user: set ${variable} to another one`, { cause });
    throw cause;
  }
}
