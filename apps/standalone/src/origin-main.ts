import { serveOrigin, type OriginServers, type OriginState } from './origin/origin.js';

/** One of the origin's processes. Standalone says what to serve, and says it again when it changes; it hears when the ports are open. */
let servers: Promise<OriginServers> | undefined;

process.on('message', (state: OriginState) => {
  if (servers) void servers.then((open) => open.change(state));
  else servers = begin(state);
});

async function begin(state: OriginState): Promise<OriginServers> {
  const open = await serveOrigin(state);
  process.send?.('serving');
  return open;
}

// Whoever is connected has nobody to talk to: the services behind have stopped, or stop because standalone is gone.
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
