import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { toBinary } from '@edgeflow/contracts';
import { deadline, streamOfUpdates } from '../events.fixture.js';
import { type EventLog, JetStreamLog } from '../index.js';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { RETIRED_DURABLE, RETIRED_STREAM } from './retired-schedules.js';

let nats: TestNats;
let log: EventLog;
let raw: NatsConnection;
let manager: JetStreamManager;
const options = () => ({ servers: nats.url, name: 'spec' });

beforeAll(async () => {
  nats = await startTestNats();
  log = await JetStreamLog.connect(options());
  raw = await connect({ servers: nats.url });
  manager = await jetstreamManager(raw);
  await leftByEarlierReleases();
});
afterAll(async () => {
  await raw.close();
  await log.close();
  await nats.stop();
});

/** The streams and the durable as the last release with schedules had made them. */
async function leftByEarlierReleases(): Promise<void> {
  await manager.streams.add({
    ...{ name: RETIRED_STREAM, subjects: ['schedule.>', 'due.>'], storage: 'file', max_msgs_per_subject: 1 },
    ...{ allow_direct: true, allow_msg_schedules: true, allow_rollup_hdrs: true, allow_msg_ttl: true },
  });
  const subject_transforms = [
    { src: 'due.ota.*.update.*.DeadlineReached.*', dest: 'ota.{{wildcard(1)}}.update.{{wildcard(2)}}.DeadlineReached' },
  ];
  await manager.streams.update('OTA', { sources: [{ name: RETIRED_STREAM, subject_transforms }] });
  await manager.consumers.add('OTA', { durable_name: RETIRED_DURABLE, ack_policy: 'explicit' });
}

/** As they wound the clock of an update. */
async function wind(device_id: string, ms: number): Promise<void> {
  const message = toBinary(deadline(device_id, `evt_${device_id}`));
  const head = headers();
  for (const [name, value] of message.headers) head.set(name, value);
  head.set('Nats-Schedule', `@at ${new Date(Date.now() + ms).toISOString()}`);
  head.set('Nats-Schedule-Target', `due.${message.subject}.${device_id}`);
  head.set('Nats-TTL', 'never');
  await raw.request(`schedule.${device_id}`, message.body, { headers: head, timeout: 5_000 });
}

const names = async (): Promise<string[]> => (await Array.fromAsync(manager.streams.names())).sort();

it('are left while a deadline is waited for, and taken down with all that belongs to them when none is', async () => {
  await wind('dev_1', 2_000);
  await JetStreamLog.provision(options());
  expect(await names()).toContain(RETIRED_STREAM);
  await expect.poll(() => log.lastPosition(streamOfUpdates('dev_1')), { timeout: 20_000 }).toBeGreaterThan(0);
  await expect
    .poll(() => JetStreamLog.provision(options()).then(names), { timeout: 20_000 })
    .toEqual(['OTA', 'OTA_ASIDE', 'OTA_GATEWAYS']);
  expect((await manager.streams.info('OTA')).config.sources ?? []).toEqual([]);
  await expect(manager.consumers.info('OTA', RETIRED_DURABLE)).rejects.toThrow('consumer not found');
  expect(await log.read(streamOfUpdates('dev_1'))).toMatchObject([{ id: 'evt_dev_1', type: 'DeadlineReached' }]);
  await log.append([deadline('dev_2', 'evt_dev_2')], { after: 0 });
});
