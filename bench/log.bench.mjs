/** Guarded appends to the log: many in atomic batches, and one by one. */
import { jetstreamManager } from '@nats-io/jetstream';
import { toEvent } from '@edgeflow/contracts';
import { bareBatch, bareSingle } from './rig/bare-append.mjs';
import { claim } from './rig/measure.mjs';
import { ROUNDS, rate } from './rig/rate.mjs';
import { onFolder, startLog } from './rig/servers.mjs';

const BATCH = 200;
const AT_ONCE = 100;
const data = (device_id) => ({ device_id, update_id: 'upd_1', phase: 'downloading', progress: 50 });
const body = JSON.stringify(data('dev_1'));

function progress(name) {
  const stream = { org: 'bench', entity: 'device', entity_id: name };
  const cause = { id: `evt_${name}`, source: '/bench', time: new Date().toISOString() };
  return toEvent(stream, { type: 'DeviceProgressReported', data: data(name) }, cause);
}

/** Names, in groups. */
const groups = (size, group, name) =>
  Array.from({ length: Math.ceil(size / group) }, (_, g) =>
    Array.from({ length: Math.min(group, size - g * group) }, (_, n) => `${name}_${g}_${n}`),
  );

/** Runs rounds of `append`, which gets groups of names. @returns events a second @throws Untrue when not all are stored */
async function stored(manager, stream, { size, group, name }, append) {
  const count = async () => (await manager.streams.info(stream)).state.messages;
  const before = await count();
  const found = await rate(size, async (round) => {
    for (const names of groups(size, group, `${name}_${round}`)) await append(names, `${name}_${round}_${names[0]}`);
  });
  const added = (await count()) - before;
  claim(added === size * (ROUNDS + 1), `${added} of ${size * (ROUNDS + 1)} events are stored in ${stream}`);
  return found;
}

async function compared(size, { log, bare, manager }) {
  const batches = { size, group: BATCH, name: 'batch' };
  const singles = { size, group: AT_ONCE, name: 'single' };
  return [
    {
      what: `atomic batches of ${BATCH}`,
      unit: 'events/s',
      ours: await stored(manager, 'OTA', batches, (names) => log.append(names.map(progress), { after: 0 })),
      ceiling: await stored(manager, 'BARE', batches, (names, id) =>
        bareBatch(
          bare,
          id.slice(0, 60),
          names.map((name) => `bare.${name}`),
          () => body,
        ),
      ),
    },
    {
      what: `one by one, ${AT_ONCE} at a time`,
      unit: 'events/s',
      ours: await stored(manager, 'OTA', singles, (names) =>
        Promise.all(names.map((name) => log.append([progress(name)], { after: 0 }))),
      ),
      ceiling: await stored(manager, 'BARE', singles, (names) =>
        Promise.all(names.map((name) => bareSingle(bare, `bare.${name}`, body))),
      ),
    },
  ];
}

function measure(size) {
  return onFolder(async (folder, atEnd) => {
    const { log, bare } = await startLog(folder, atEnd);
    const manager = await jetstreamManager(bare);
    await manager.streams.add({ name: 'BARE', subjects: ['bare.>'], allow_atomic: true });
    return compared(size, { log, bare, manager });
  });
}

export default {
  title: 'appends to the log',
  one: 'event',
  alone: true,
  ours: 'EventLog.append on a NATS server of its own: envelope, validation, id and guard, each event on a stream of its own',
  ceiling: 'the bare client on the same server: the same body, id, headers and guard, nothing validated',
  sizes: [200, 2_000, 20_000],
  measure,
};
