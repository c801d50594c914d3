/** The same updates of as many devices, without anything that is stored or decided for them. */
import { createHash } from 'node:crypto';
import { createAuthority } from '@edgeflow/embedded';
import { claim, now, perSecond, until } from './rig/measure.mjs';
import { Fleet } from './rig/programs.mjs';
import { deviceIds } from './rig/device-log.mjs';

const PROGRAMS = 2;

/** @returns devices a second, and milliseconds of the server's CPU for each */
export async function bareUpdates({ endpoints, program }, size, bytes) {
  const server = await program('bare-cloud.mjs');
  const { cert, key } = await (await createAuthority(endpoints.home)).issue();
  const port = await server.ask('listen', { cert: String(cert), key: String(key), bytes });
  const programs = await Promise.all(Array.from({ length: PROGRAMS }, () => program('bare-agents.mjs')));
  const fleet = new Fleet(programs, deviceIds('bare', size));
  const { ca } = await createAuthority(endpoints.home);
  await fleet.ask('connect', { origin: `https://localhost:${port}`, ca: String(ca) });
  await until(async () => (await server.ask('connected')) === size, 'not all bare devices are connected');
  const text = JSON.stringify({ sha256: createHash('sha256').update(Buffer.alloc(bytes, 1)).digest('hex') });
  const [cpu, asked] = [server.cpu_ms, now()];
  const failed = programs.map((one) => one.failed);
  const done = await Promise.race([server.ask('update', { text, count: size }), ...failed]);
  const ms = now() - asked;
  claim(done === size, `${done} of ${size} bare devices came back`);
  const costs = { per_second: perSecond(size, ms), cpu_ms: (server.cpu_ms - cpu) / size };
  fleet.stop();
  server.stop();
  return costs;
}
