/** Appends and reads: EventLog against the bare client on the same server. The ceiling has no envelope, no expectation and no validation. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { toEvent } from '@edgeflow/contracts';
import { startNatsServer } from '@edgeflow/embedded';
import { JetStreamLog } from '@edgeflow/event-log';
import { rate } from './rate.mjs';

const BATCHES = 50;
const BATCH = 200;
const SINGLES = 2000;
const data = (device_id) => ({ device_id, update_id: 'upd_1', phase: 'downloading', progress: 50 });

function progress(round, n) {
  const device_id = `dev_${round}_${n}`;
  const stream = { org: 'bench', entity: 'device', entity_id: device_id };
  const cause = { id: `evt_${round}_${n}`, source: '/bench', time: new Date().toISOString() };
  return toEvent(stream, { type: 'DeviceProgressReported', data: data(device_id) }, cause);
}

const times = (n) => Array.from({ length: n }, (_, index) => index);

export default async function bench() {
  const dir = mkdtempSync(join(tmpdir(), 'edgeflow-bench-'));
  const server = await startNatsServer({ dir: join(dir, 'nats') });
  const log = await JetStreamLog.connect({ servers: server.url, name: 'bench' });
  const bare = await connect({ servers: server.url });
  await (await jetstreamManager(bare)).streams.add({ name: 'BARE', subjects: ['bare.>'], allow_atomic: true });
  const js = jetstream(bare);
  const body = JSON.stringify(data('dev_1'));
  try {
    return [
      {
        what: `guarded atomic batches of ${BATCH}`,
        unit: 'events/s',
        ours: await rate(BATCHES * BATCH, async (round) => {
          for (const b of times(BATCHES))
            await log.append(
              times(BATCH).map((n) => progress(`b${round}`, b * BATCH + n)),
              { after: 0 },
            );
        }),
        ceiling: await rate(BATCHES * BATCH, async () => {
          for (let b = 0; b < BATCHES; b++) {
            const batch = await js.startBatch('bare.x', body);
            for (let n = 0; n < BATCH - 2; n++) batch.add('bare.x', body);
            await batch.commit('bare.x', body);
          }
        }),
      },
      {
        what: 'guarded single appends, 100 at a time',
        unit: 'events/s',
        ours: await rate(SINGLES, async (round) => {
          for (let n = 0; n < SINGLES; n += 100)
            await Promise.all(times(100).map((k) => log.append([progress(`s${round}`, n + k)], { after: 0 })));
        }),
        ceiling: await rate(SINGLES, async () => {
          for (let n = 0; n < SINGLES; n += 100) await Promise.all(times(100).map(() => js.publish('bare.x', body)));
        }),
      },
    ];
  } finally {
    await log.close();
    await bare.close();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
