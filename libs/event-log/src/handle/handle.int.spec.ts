import { deviceStream, idsOf, updateStream, type Decider, type Fact, type Ids } from '@edgeflow/contracts';
import { systemEntropy } from '@edgeflow/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DECISIONS_MAX } from '../append/fresh-streams.js';
import type { EventLog } from '../event-log.js';
import { deadline, reported, revoked } from '../events.fixture.js';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { handle, handleAll } from './handle.js';
import { load } from './load.js';

let nats: TestNats;
let log: EventLog;
beforeAll(async () => {
  nats = await startTestNats();
  log = await nats.connect({ name: 'spec' });
});
afterAll(async () => {
  await log.close();
  await nats.stop();
});

/** Counts what a device has reported, and may be told to report once more. */
interface Counted {
  type: 'Report' | 'Ask';
  progress: number;
}
type Reported = Fact<'DeviceProgressReported'>;
type Seen = 'DeviceProgressReported' | 'DeviceRevoked' | 'DeadlineReached';
const fact = (progress: number): Reported => ({
  ...{ type: 'DeviceProgressReported', data: { device_id: 'd', update_id: 'upd_1', phase: 'downloading', progress } },
});
const counter: Decider<number, Counted, Reported, Seen> = {
  initial: 0,
  evolve: (count) => count + 1,
  decide: ({ progress }, count) => (count >= 3 ? [] : [fact(progress)]),
};
const BY = { by: '/spec' };
let devices = 0;
const newDevice = () => deviceStream({ org: 'acme', device_id: `dev_${++devices}` });

describe('a command on a stream', () => {
  it('is decided on what stands there, and stored behind it', async () => {
    const stream = newDevice();
    const cause = { id: 'evt_c', correlation_id: 'evt_first' };
    const at = new Date('2026-02-21T12:00:00.000Z');
    const first = await handle(log, counter, stream, { type: 'Report', progress: 1 }, { ...BY, cause, at });
    expect(first).toMatchObject({ facts: [fact(1)], states: [1], duplicate: false });
    const second = await handle(log, counter, stream, { type: 'Report', progress: 2 }, BY);
    expect(second).toMatchObject({ states: [2] });
    const events = await log.read(stream);
    expect(events.map(({ position }) => position)).toEqual([first.position, second.position]);
    expect(events[0]).toMatchObject({ source: '/spec', causation_id: 'evt_c', correlation_id: 'evt_first' });
    expect(events[0]?.time).toBe(at.toISOString());
  });

  it('stores nothing where nothing is to be done, and says where the stream ends', async () => {
    const stream = newDevice();
    for (const n of [1, 2, 3]) await handle(log, counter, stream, { type: 'Report', progress: n }, BY);
    const last = await log.lastPosition(stream);
    const handled = await handle(log, counter, stream, { type: 'Report', progress: 9 }, BY);
    expect(handled).toEqual({ facts: [], states: [3], position: last, duplicate: false });
  });

  it('is decided anew when somebody else was faster, each of many once', async () => {
    const stream = newDevice();
    const handled = await Promise.all(
      [1, 2, 3, 4, 5].map((progress) => handle(log, counter, stream, { type: 'Report', progress }, BY)),
    );
    expect(handled.filter(({ facts }) => facts.length > 0)).toHaveLength(3);
    expect(await log.read(stream)).toHaveLength(3);
  });

  it('is two events where two say different things on the same position', async () => {
    // Their ids must differ: the second would be taken for a repetition of the first, and never be stored.
    const stream = newDevice();
    const both = [10, 20].map((progress) =>
      handle(log, counter, stream, { type: 'Report', progress }, { ...BY, fresh: true }),
    );
    await Promise.all(both);
    const told = (await log.read(stream)).map(({ data }) => (data as { progress: number }).progress);
    expect(told.toSorted((a, b) => a - b)).toEqual([10, 20]);
  });

  it('gives up when the stream does not come to rest', async () => {
    const stream = newDevice();
    let tries = 0;
    const restless = handleAll(
      log,
      async () => {
        const loaded = await load(log, counter, stream);
        await log.record(reported(stream.entity_id, `evt_${stream.entity_id}_${++tries}`));
        return [
          { decider: { ...counter, decide: () => [fact(1)] }, streams: [stream], command: null as never, loaded },
        ];
      },
      BY,
    );
    await expect(restless).rejects.toMatchObject({ code: 'conflict' });
    expect(tries).toBe(DECISIONS_MAX);
  });

  it('has the ids that come in', async () => {
    const ids: Ids = { ...idsOf(systemEntropy), derive: (prefix, ...parts) => `${prefix}_${parts.length}_${devices}` };
    const other = await nats.connect({ name: 'spec-ids', ids });
    const stream = newDevice();
    await handle(other, counter, stream, { type: 'Report', progress: 1 }, BY);
    await other.close();
    expect((await log.read(stream))[0]?.id).toBe(`evt_5_${devices}`);
  });
});

describe('commands side by side', () => {
  it('are stored together, or not at all', async () => {
    const [one, other] = [newDevice(), newDevice()];
    const step = (stream: typeof one, progress: number) => ({
      ...{ decider: counter, streams: [stream], command: { type: 'Report' as const, progress } },
    });
    const handled = await handleAll(log, async () => [step(one, 1), step(other, 2)], BY);
    expect(handled.states).toEqual([1, 1]);
    expect(await log.lastPosition(other)).toBe((await log.lastPosition(one)) + 1);
    const refusing = { ...counter, decide: () => new Error('never') as never };
    const failing = handleAll(log, async () => [step(one, 3), { ...step(other, 4), decider: refusing }], BY);
    await expect(failing).rejects.toThrow();
    expect(await log.read(one)).toHaveLength(1);
  });
});

describe('a state', () => {
  it('is folded from several streams in the order of the log', async () => {
    const device_id = `dev_${++devices}`;
    const [device, update] = [deviceStream({ org: 'acme', device_id }), updateStream({ org: 'acme', device_id })];
    await log.record(revoked(device_id, `r_${device_id}`));
    await log.record(deadline(device_id, `u_${device_id}`));
    await log.record(reported(device_id, `p_${device_id}`));
    const order: Decider<readonly string[], never, Reported, Seen> = {
      ...{ initial: [], evolve: (names, { type }) => [...names, type], decide: () => [] },
    };
    const { state, seen } = await load(log, order, device, update);
    expect(state).toEqual(['DeviceRevoked', 'DeadlineReached', 'DeviceProgressReported']);
    expect([...seen.values()]).toEqual([await log.lastPosition(device), await log.lastPosition(update)]);
  });

  it('is of the newest of each name, where that is all that counts', async () => {
    const stream = newDevice();
    for (const n of [1, 2]) await log.record(reported(stream.entity_id, `n_${stream.entity_id}_${n}`, n));
    const { state, seen } = await load(log, { ...counter, newest: ['device'] }, stream);
    expect(state).toBe(1);
    expect([...seen.values()]).toEqual([await log.lastPosition(stream)]);
  });
});
