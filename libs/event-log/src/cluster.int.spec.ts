import { connect } from '@nats-io/transport-node';
import { jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Refused } from '@edgeflow/contracts';
import { startTestCluster, type TestCluster } from './cluster.fixture.js';
import { streamOfDevice, reported } from './events.fixture.js';
import { type EventLog, JetStreamLog } from './index.js';

/** Writers at the same time, each on a stream of its own. */
const WRITERS = 8;

let cluster: TestCluster;
let log: EventLog;

beforeAll(async () => {
  cluster = await startTestCluster();
  log = await JetStreamLog.connect({ servers: cluster.url, name: 'cluster-spec', replicas: 3 });
}, 120_000);
afterAll(async () => {
  await log.close();
  await cluster.stop();
});

type Group = NonNullable<StreamInfo['cluster']>;

/** Asked by a connection of its own, which is lost with the server that it has. */
async function groupOfLog(): Promise<Group> {
  const nats = await connect({ servers: cluster.url.split(',') });
  try {
    const { cluster: group } = await (await jetstreamManager(nats)).streams.info('OTA');
    if (!group?.leader) throw new Error('there is no leader now');
    return group;
  } finally {
    await nats.close();
  }
}

const leaderOfLog = async (): Promise<string> => (await groupOfLog()).leader ?? '';
/** How many followers have all that the leader has. */
const currentPeers = async (): Promise<number> =>
  ((await groupOfLog()).replicas ?? []).filter(({ current }) => current).length;

async function stepDown(): Promise<void> {
  const nats = await connect({ servers: cluster.url.split(',') });
  try {
    await nats.request('$JS.API.STREAM.LEADER.STEPDOWN.OTA', '', { timeout: 5_000 });
  } finally {
    await nats.close();
  }
}

/** As a writer of ours does it: what is only passing is tried again, with the same ids. Anything else fails the spec. @returns how many it wrote */
async function write(device: string, isOver: () => boolean): Promise<number> {
  let n = 0;
  for (let after = 0; !isOver();) {
    try {
      ({ last: after } = await log.append([reported(device, `${device}-${n}`)], { after }));
      n += 1;
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'log-unavailable') throw error;
    }
  }
  return n;
}

/** Writes on all streams for as long as something is done to the cluster, and a little longer. */
async function writeWhile(round: string, disturb: () => Promise<void>): Promise<void> {
  let isOver = false;
  const streams = Array.from({ length: WRITERS }, (_, n) => `${round}-${n}`);
  const writing = Promise.all(streams.map((stream) => write(stream, () => isOver)));
  const disturbing = disturb().finally(() => (isOver = true));
  const [written] = await Promise.all([writing, disturbing]);
  for (const [index, stream] of streams.entries()) {
    const expected = Array.from({ length: written[index] ?? 0 }, (_, n) => `${stream}-${n}`);
    // A replica may be behind.
    await vi.waitFor(
      async () => expect((await log.read(streamOfDevice(stream))).map(({ id }) => id)).toEqual(expected),
      {
        timeout: 30_000,
      },
    );
    expect(expected.length).toBeGreaterThan(0);
  }
}

/** Resolves when something can be written again. */
const isWritten = (id: string): Promise<unknown> =>
  vi.waitFor(() => log.append([reported(`probe-${id}`, id)], { after: 0 }), { timeout: 60_000 });

describe('a log of three servers', () => {
  it('loses and doubles nothing while its leader steps down again and again', async () => {
    await writeWhile('steps', async () => {
      for (let n = 0; n < 8; n++) {
        await stepDown();
        await isWritten(`steps-${n}`);
      }
    });
  }, 240_000);

  it('loses and doubles nothing while its leader is killed', async () => {
    await writeWhile('killed', async () => {
      for (let n = 0; n < 2; n++) {
        const leader = await vi.waitFor(leaderOfLog, { timeout: 30_000 });
        await cluster.kill(leader);
        await isWritten(`killed-${n}`);
        cluster.restart(leader);
        await vi.waitFor(async () => expect(await currentPeers()).toBe(2), { timeout: 60_000 });
      }
    });
  }, 240_000);

  it('loses and doubles nothing while its leader is frozen, and is reached by way of the others', async () => {
    await writeWhile('frozen', async () => {
      const leader = await vi.waitFor(leaderOfLog, { timeout: 30_000 });
      cluster.signal(leader, 'SIGSTOP');
      try {
        await isWritten('frozen');
      } finally {
        cluster.signal(leader, 'SIGCONT');
      }
    });
  }, 240_000);
});
