/** Both services that fold the log catch up with it at once, after they were held for a while. */
import { bareFolds, writtenRows } from './fold.ceiling.mjs';
import { now, perSecond, until } from './rig/measure.mjs';
import { assertFolded, knownDevices } from './rig/reports.mjs';

const SERVICES = ['projection', 'orchestrator'];
const PROGRAMS = ['projection', 'rollout-orchestrator'];
const EVENTS_OF_A_DEVICE = 10;

async function measure(size, installation) {
  const { folds, database } = installation;
  const name = `fold-${size}`;
  const reports = await knownDevices(installation, name, size / EVENTS_OF_A_DEVICE);
  const services = await Promise.all(
    SERVICES.map(async (service) => {
      const schema = await folds.schema(service);
      return { schema, name: `bare_${service}_${size}`, before: await writtenRows(database, schema) };
    }),
  );
  const { positions, meter, begin } = await installation.whileHeld(PROGRAMS, async () => {
    const held = await reports.append(size);
    return { positions: held, meter: await installation.meter(), begin: now() };
  });
  const at = async () => Math.min(...(await Promise.all(SERVICES.map((service) => folds.position(service)))));
  const behind = async () => `the folds are at ${await at()} of ${positions.last}`;
  await until(async () => (await at()) >= positions.last, behind, { pause_ms: 20, limit_ms: 300_000 });
  const ours = perSecond(size, now() - begin);
  const costs = await meter.per(size);
  await assertFolded(installation, reports.versions, { ...positions, count: size });
  const ceiling = await bareFolds(installation, services, { ...positions, count: size, devices: name });
  return [{ what: 'both folds', unit: 'events/s', ours, ceiling, costs }];
}

export default {
  title: 'folds that catch up',
  one: 'event',
  ours: 'projection and orchestrator, both at once, from a backlog of reports of ten events a device, appended while they were held (SIGSTOP), until the checkpoints of both have the last; the device records and histories are compared with what was reported',
  ceiling:
    'two bare processes at once: delivered by NATS from the same stream, the same columns and indexes, the checkpoint in the transaction, asynchronous commit; what the rows say is known before, and compared afterwards',
  sizes: [1_000, 10_000, 100_000],
  measure,
};
