import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { freePort } from '@edgeflow/embedded';
import { afterEach, describe, expect, it } from 'vitest';
import { claimPorts, HOST } from './ports.js';

const open: Server[] = [];

async function listen(port: number, reusePort: boolean): Promise<void> {
  const server = createServer();
  server.listen({ port, host: HOST, reusePort });
  await once(server, 'listening');
  open.push(server);
}

afterEach(() => open.splice(0).forEach((server) => server.close()));

describe('the ports of the origin', () => {
  it.each([true, false])('say which variable to set when one is taken, shared: %s', async (shared) => {
    const port = await freePort();
    await listen(port, shared);
    const claim = claimPorts([{ port, variable: 'EDGEFLOW_PORT' }]);
    await expect(claim).rejects.toThrow(`port ${port} is taken: set EDGEFLOW_PORT to another one`);
  });

  it('are two: one port for both is one too few', async () => {
    const port = await freePort();
    const claim = claimPorts([
      { port, variable: 'EDGEFLOW_PORT' },
      { port, variable: 'EDGEFLOW_HTTP_PORT' },
    ]);
    await expect(claim).rejects.toThrow(`port ${port} is taken: set EDGEFLOW_HTTP_PORT to another one`);
  });

  it('are free again once they are claimed, and those of a start that was killed are waited for', async () => {
    const port = await freePort();
    await listen(port, true);
    const claim = claimPorts([
      { port, variable: 'EDGEFLOW_PORT' },
      { port: 0, variable: 'EDGEFLOW_HTTP_PORT' },
    ]);
    open.splice(0).forEach((server) => server.close());
    const [https, http] = await claim;
    expect(https).toBe(port);
    await listen(port, true);
    await listen(port, true);
    expect(http).toBeGreaterThan(0);
  });
});
