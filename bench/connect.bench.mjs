/** Devices connect, as many as come: from the TLS handshake to the welcome, and to the record that says that they are online. */
import { createAuthority } from '@edgeflow/embedded';
import { cpuMs, residentBytes } from './rig/cpu.mjs';
import { deviceIds, register } from './rig/device-log.mjs';
import { ORG } from './rig/installation.mjs';
import { claim, now, perSecond, quantile, say, until } from './rig/measure.mjs';
import { SocketFleet } from './rig/socket-fleet.mjs';

const MODEL = 'connect';

async function knownFleet(installation, name, size) {
  const fleet = await SocketFleet.start(installation, deviceIds(name, size));
  for (const [at, program] of fleet.programs.entries()) {
    const public_key = await program.ask('key');
    await register(installation.log, ORG, { devices: fleet.shares[at], model: MODEL, fleet: name, public_key });
  }
  await installation.folds.untilAllFolded();
  return fleet;
}

/** As many devices at a bare server. @returns devices a second, how long each waited, and of each what the server took in CPU and memory */
async function bareConnects({ endpoints, access, program, ca }, fleet) {
  const server = await program('bare-gateway.mjs');
  await server.ask('open', access);
  const { cert, key } = await (await createAuthority(endpoints.home)).issue();
  const port = await server.ask('listen', { cert: String(cert), key: String(key) });
  const nats = endpoints.processes.find(({ name }) => name === 'nats-server');
  const cpu = () => server.cpu_ms + cpuMs(nats.pid);
  const [before, memory, begin] = [cpu(), residentBytes(server.pid), now()];
  const waits = await fleet.connect({ url: `wss://localhost:${port}`, ca, bare: true, hello: true });
  const each = fleet.ids.length;
  const found = {
    ...{ waits, per_second: perSecond(each, now() - begin), cpu_ms: (cpu() - before) / each },
    bytes: (residentBytes(server.pid) - memory) / each,
  };
  const stored = await server.ask('end');
  claim(stored === each, `the bare server has stored ${stored} of ${each} events`);
  server.stop();
  return found;
}

async function measure(size, installation) {
  const name = `connect-${size}`;
  const { folds, endpoints, ca } = installation;
  const fleet = await knownFleet(installation, name, size);
  const { pid } = endpoints.processes.find((one) => one.name === 'device-gateway');
  const [meter, memory, begin] = [await installation.meter(), residentBytes(pid), now()];
  const url = `${endpoints.origin.replace(/^http/, 'ws')}/gateway/v1/tunnel`;
  const waits = await fleet.connect({ url, ca, model: MODEL });
  const ms = now() - begin;
  const online = () => folds.devices(name, 'online');
  await until(
    async () => (await online()) === size,
    async () => `${await online()} of ${size} devices are online`,
    { pause_ms: 200 },
  );
  await folds.untilAllFolded();
  const costs = await meter.per(size);
  const bytes = (residentBytes(pid) - memory) / size;
  const lost = (await fleet.ask('lost')).flat();
  if (lost.length > 0) say(`tunnels that the gateway ended, and that came back: ${[...new Set(lost)].join(', ')}`);
  await fleet.ask('close');
  const bare = await bareConnects(installation, fleet);
  fleet.stop();
  const at = (values) => ({ p50: quantile(values, 0.5), p99: quantile(values, 0.99) });
  return [
    { what: 'connects', unit: 'devices/s', ours: perSecond(size, ms), ceiling: bare.per_second, costs },
    { what: 'CPU of a connect', unit: 'ms', less: true, ours: costs.cpu_ms.all, ceiling: bare.cpu_ms },
    { what: 'from the handshake to the welcome', unit: 'ms', ...at(waits), ceiling: at(bare.waits) },
    { what: 'tunnels lost meanwhile', unit: 'of them', ours: lost.length },
    {
      what: 'memory of the gateway, a tunnel',
      unit: 'kB',
      less: true,
      ours: bytes / 1_000,
      ceiling: bare.bytes / 1_000,
    },
  ];
}

export default {
  title: 'connect',
  one: 'connect',
  ours: 'raw ws clients through the https origin, 128 at a time: token, hello, welcome; until the read model shows all of them online; CPU until both folds have all of it',
  ceiling: 'a bare ws server over TLS that makes one guarded append to the same NATS for each before it says welcome',
  sizes: [100, 1_000, 10_000],
  measure,
};
