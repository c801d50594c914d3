import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import { PostgresRows, createRows, openDatabase, type PostgresFoldDatabase } from '@edgeflow/fold';
import { MemoryFoldDatabase, MemoryServer } from '@edgeflow/fold/memory';
import { isAccepted, isActive, wavesIn } from '@edgeflow/rollout';
import { startTestPostgres, type TestPostgres } from '@edgeflow/testkit';
import { foldRollouts } from './fold-rollouts.js';
import { ExclusionRow, MemberRow } from './member.row.js';
import { MODELS } from './memory.js';
import { interleaved, Recording } from './recording.fixture.js';
import { RolloutRow } from './rollout.row.js';

let postgres: TestPostgres;
let database: PostgresFoldDatabase;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openDatabase(postgres.url, { schema: 'spec', entities: [RolloutRow, MemberRow, ExclusionRow] });
  await createRows(database);
});

afterAll(async () => {
  await database?.destroy();
  await postgres?.stop();
});

const empty = () => database.query('TRUNCATE rollout, rollout_member, rollout_exclusion');
beforeEach(empty);

/** Two waves; a failure with another try, one for good, a retry by hand; then completed. */
const retried = new Recording('retried')
  .started({ strategy: { type: 'rolling', batch_size: 2 }, retry: { attempts: 1, backoff_s: 1 } }, ['d1', 'd2', 'd3'], {
    x1: 'already-on-target',
  })
  .told('d1', 'd2')
  .ended('UpdateFailed', 'd1')
  .ended('UpdateCompleted', 'd2')
  .told({ device: 'd1', attempt: 2 })
  .ended('UpdateFailed', { device: 'd1', attempt: 2 })
  .wave('WaveCompleted', 0)
  .wave('WaveStarted', 1)
  .acted('RolloutRetryRequested', 'RolloutRetried')
  .told({ device: 'd1', attempt: 3 }, 'd3')
  .ended('UpdateCompleted', { device: 'd1', attempt: 3 })
  .ended('UpdateSkipped', 'd3')
  .ended('UpdateCompleted', 'd3')
  .wave('WaveCompleted', 0)
  .wave('WaveCompleted', 1);

/** Aborted while one installs and one waits; the same devices as another rollout has. */
const aborted = new Recording('aborted')
  .started({ limits: { max_in_flight: 2 } }, ['d1', 'd2', 'd3', 'd4'])
  .told('d1', 'd2')
  .ended('UpdateRejected', 'd4')
  .acted('RolloutAbortRequested', 'RolloutAborted')
  .ended('UpdateCancelled', 'd1')
  .ended('UpdateCompleted', 'd2')
  .acted('RolloutPauseRequested', 'RolloutActionRefused');

/** Two have moved, one waits; back they go, one without a good version. */
const rolledBack = new Recording('rolled_back')
  .started({}, ['d1', 'd2', 'd3'])
  .told('d1', 'd2')
  .ended('UpdateCompleted', 'd1')
  .acted('RollbackRequested', 'RollbackTriggered')
  .ended('UpdateCompleted', 'd2')
  .planned('rollback', ['d1'], { version: '1.0.0', excluded: [{ device_id: 'd2', reason: 'no-good-version' }] })
  .wave('WaveStarted', 0, 'rollback')
  .told({ device: 'd1', rollback: true })
  .ended('UpdateCompleted', { device: 'd1', rollback: true })
  .wave('WaveCompleted', 0, 'rollback');

/** One is put off and told again, one is put off and left, one is put off and says no. */
const choices = new Recording('choices')
  .started({}, ['d1', 'd2', 'd3', 'd4'])
  .told('d1', 'd2', 'd3')
  .postponed('d1')
  .postponed('d2')
  .toldAgain('d1')
  .postponed('d3')
  .ended('UpdateCancelled', 'd3')
  .ended('UpdateCompleted', 'd1');

/** Three have moved; one is refused on its way back, one withdrawn, one has no version. Then they try again. */
const retriedBack = new Recording('retried_back')
  .started({}, ['d1', 'd2', 'd3'])
  .told('d1', 'd2', 'd3')
  .ended('UpdateCompleted', 'd1')
  .ended('UpdateCompleted', 'd2')
  .ended('UpdateCompleted', 'd3')
  .acted('RollbackRequested', 'RollbackTriggered')
  .planned('rollback', ['d1', 'd2'], {
    version: '1.0.0',
    excluded: [{ device_id: 'd3', reason: 'no-good-version' }],
  })
  .wave('WaveStarted', 0, 'rollback')
  .ended('UpdateRejected', { device: 'd1', rollback: true })
  .told({ device: 'd2', rollback: true })
  .ended('UpdateCancelled', { device: 'd2', rollback: true })
  .wave('WaveCompleted', 0, 'rollback')
  .rolledBack(3)
  .acted('RolloutRetryRequested', 'RolloutRetried')
  .planned('rollback', ['d3'], { version: '1.0.0' })
  .told({ device: 'd1', rollback: true });

/** One is on its way back and one waits when that is stopped, one has no version; then back they go again. */
const backAgain = new Recording('back_again')
  .started({}, ['d1', 'd2', 'd3'])
  .told('d1', 'd2', 'd3')
  .ended('UpdateCompleted', 'd1')
  .ended('UpdateCompleted', 'd2')
  .ended('UpdateCompleted', 'd3')
  .acted('RollbackRequested', 'RollbackTriggered')
  .planned('rollback', ['d1', 'd2'], {
    version: '1.0.0',
    excluded: [{ device_id: 'd3', reason: 'no-good-version' }],
  })
  .wave('WaveStarted', 0, 'rollback')
  .told({ device: 'd1', rollback: true })
  .acted('RolloutAbortRequested', 'RolloutAborted')
  .ended('UpdateCancelled', { device: 'd1', rollback: true })
  .acted('RollbackRequested', 'RollbackTriggered')
  .planned('rollback', ['d3'], { version: '1.0.0' })
  .told({ device: 'd2', rollback: true });

/** A device that was left out at first joins, another one is left out for another reason. */
const joined = new Recording('joined')
  .started({ membership: 'continuous' }, ['d1'], { d2: 'update-in-progress', d3: 'model-mismatch' })
  .told('d1')
  .ended('UpdateCompleted', 'd1')
  .wave('WaveCompleted', 0)
  .planned('forward', ['d2'], {
    ...{ joined: true, was_excluded: 'update-in-progress' },
    excluded: [
      { device_id: 'd3', reason: 'device-revoked', was_excluded: 'model-mismatch' },
      { device_id: 'd4', reason: 'newer-version' },
    ],
  })
  .told('d2')
  .ended('UpdateFailed', 'd2');

const again = { retry: { attempts: 3, backoff_s: 3_600 } };
/** One has failed and waits for another try, one was not told, when nobody is told any more. */
const left = [
  new Recording('left_by_abort').started(again, ['d1', 'd2']).told('d1').ended('UpdateFailed', 'd1'),
  new Recording('left_by_rollback').started(again, ['d1', 'd2']).told('d1').ended('UpdateFailed', 'd1'),
  new Recording('left_by_skip').started(again, ['d1', 'd2']).told('d1').ended('UpdateFailed', 'd1'),
] as const;
left[0].acted('RolloutAbortRequested', 'RolloutAborted');
left[1].acted('RollbackRequested', 'RollbackTriggered');
left[2].acted('RolloutSkipRequested', 'WaveSkipped');

/** Another device comes under the id of one that has failed, and is told. */
const replaced = new Recording('replaced')
  .started({ membership: 'continuous' }, ['d1', 'd2'])
  .told('d1', 'd2')
  .ended('UpdateFailed', 'd1')
  .ended('UpdateCompleted', 'd2')
  .wave('WaveCompleted', 0)
  .planned('forward', ['d1'], {
    joined: true,
    replaces: { rank: 0, wave: 0, attempt: 1, status: 'failed', code: 'install-failed' },
  })
  .told({ device: 'd1', attempt: 2 });

const elsewhere = new Recording('retried', 'other').started({}, ['d1']).told('d1').ended('UpdateCompleted', 'd1');
const refused = new Recording('nobody').acted('RolloutPauseRequested', 'RolloutActionRefused');
const rejected = new Recording('rejected');
rejected.say({ type: 'RolloutRequested', data: { version: '9.0.0' } as never }, 'rejected').say({
  type: 'RolloutRejected',
  data: { rollout_id: rejected.rollout_id, request_id: 'rejected', code: 'firmware-unknown', detail: 'no' },
});

const log = interleaved([
  retried,
  aborted,
  rolledBack,
  retriedBack,
  backAgain,
  choices,
  joined,
  ...left,
  replaced,
  elsewhere,
  refused,
  rejected,
]);

const fold = (batch: readonly StoredEvent[]) => database.transaction((tx) => foldRollouts(batch, new PostgresRows(tx)));

/** All rows, in the order of their keys. */
async function rows(): Promise<{ rollouts: RolloutRow[]; members: MemberRow[]; exclusions: ExclusionRow[] }> {
  const { manager } = database;
  return {
    rollouts: await manager.find(RolloutRow, { order: { org: 'ASC', rollout_id: 'ASC' } }),
    members: await manager.find(MemberRow, {
      order: { org: 'ASC', rollout_id: 'ASC', stage: 'ASC', device_id: 'ASC' },
    }),
    exclusions: await manager.find(ExclusionRow, {
      order: { org: 'ASC', rollout_id: 'ASC', stage: 'ASC', device_id: 'ASC' },
    }),
  };
}

async function folded(batches: readonly (readonly StoredEvent[])[]): ReturnType<typeof rows> {
  await empty();
  for (const batch of batches) await fold(batch);
  return rows();
}

async function inMemory(): Promise<MemoryFoldDatabase> {
  const clock = { now: () => new Date(), after: () => () => undefined };
  const server = new MemoryServer({ clock, models: MODELS });
  const entities = [RolloutRow, MemberRow, ExclusionRow];
  const memory = new MemoryFoldDatabase(server, { name: 'spec', clock, faults: {}, schema: 'spec', entities });
  await memory.open();
  await memory.createRows();
  return memory;
}

async function rowsInMemory({ rows: of }: MemoryFoldDatabase): ReturnType<typeof rows> {
  const order = { org: 'asc', rollout_id: 'asc', stage: 'asc', device_id: 'asc' } as const;
  return {
    rollouts: await of.range(RolloutRow, {}, { order: { org: 'asc', rollout_id: 'asc' } }),
    members: await of.range(MemberRow, {}, { order }),
    exclusions: await of.range(ExclusionRow, {}, { order }),
  };
}

/** The log in batches that end before these positions. */
function cutAt(cuts: readonly number[]): StoredEvent[][] {
  const ends = [...new Set(cuts.map((cut) => cut % log.length))].sort((a, b) => a - b);
  return [...ends, log.length].map((end, n) => log.slice(ends[n - 1] ?? 0, end));
}

function countsOf(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

const rolloutOf = async (recording: Recording): Promise<RolloutRow | null> =>
  database.manager.findOneBy(RolloutRow, { rollout_id: recording.rollout_id, org: 'acme' });
const membersOf = async ({ rollout_id }: Recording) =>
  (await rows()).members
    .filter((row) => row.org === 'acme' && row.rollout_id === rollout_id)
    .map(({ stage, device_id, status, attempt, code }) => [stage, device_id, status, attempt, code]);

describe('the rows of rollouts', () => {
  it('are the same however the log is cut into batches', async () => {
    const whole = await folded([log]);
    expect(await folded(log.map((event) => [event]))).toEqual(whole);
    const cuts = fc.array(fc.nat(log.length), { minLength: 1, maxLength: 12, size: 'max' });
    await fc.assert(
      fc.asyncProperty(cuts, async (chosen) => {
        expect(await folded(cutAt(chosen))).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  });

  it('are the same in memory', async () => {
    const cuts = fc.array(fc.nat(log.length), { minLength: 1, maxLength: 12, size: 'max' });
    const whole = await folded([log]);
    await fc.assert(
      fc.asyncProperty(cuts, async (chosen) => {
        const memory = await inMemory();
        for (const batch of cutAt(chosen)) await memory.inTransaction((tx) => foldRollouts(batch, tx));
        expect(await rowsInMemory(memory)).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  });

  it('are the same when events come again', async () => {
    const whole = await folded([log]);
    await fold(log);
    expect(await rows()).toEqual(whole);
    await fc.assert(
      fc.asyncProperty(fc.nat(log.length), fc.nat(20), async (cut, again) => {
        expect(await folded([log.slice(0, cut), log.slice(Math.max(0, cut - again))])).toEqual(whole);
      }),
      { numRuns: 10 },
    );
  });

  it('count what their devices are, after every event', async () => {
    for (const event of log) {
      await fold([event]);
      const { rollouts, members, exclusions } = await rows();
      for (const { org, rollout_id, state, active } of rollouts) {
        expect(active).toBe(isActive(state));
        if (!isAccepted(state)) continue;
        for (const stage of ['forward', 'rollback'] as const) {
          const left = exclusions.filter(
            (row) => row.org === org && row.rollout_id === rollout_id && row.stage === stage,
          );
          const back = 'rollback' in state && state.rollback ? state.rollback.unavailable : {};
          // The plan of an accepted rollout comes after it.
          if (state.status !== 'accepted') {
            expect(stage === 'forward' ? state.excluded : back).toEqual(countsOf(left.map(({ reason }) => reason)));
          }
          wavesIn(state, stage).forEach(({ counts }, wave) => {
            const own = members.filter(
              (row) => row.org === org && row.rollout_id === rollout_id && row.stage === stage && row.wave === wave,
            );
            const some = Object.fromEntries(Object.entries(counts).filter(([, n]) => n > 0));
            expect(some).toEqual(countsOf(own.map(({ status }) => status)));
          });
        }
      }
    }
  });

  it('know the rollout that each event is of by its organization', async () => {
    await fold(log);
    const both = (await rows()).rollouts.filter(({ state }) => isAccepted(state) && state.request_id === 'retried');
    expect(both.map(({ org, state }) => [org, isAccepted(state) && state.waves.length])).toEqual([
      ['acme', 2],
      ['other', 1],
    ]);
  });
});

describe('in the middle of a batch', () => {
  beforeEach(() => fold(log));

  it('a retry has failed devices wait, with all their tries', async () => {
    expect(await membersOf(retried)).toEqual([
      ['forward', 'd1', 'succeeded', 3, null],
      ['forward', 'd2', 'succeeded', 1, null],
      ['forward', 'd3', 'succeeded', 1, null],
    ]);
    expect((await rows()).members.find((row) => row.device_id === 'd1' && row.attempt === 3)?.tries_before).toBe(2);
  });

  it('an abort cancels who waits and counts who was under way', async () => {
    expect(await membersOf(aborted)).toEqual([
      ['forward', 'd1', 'cancelled', 1, 'install-failed'],
      ['forward', 'd2', 'succeeded', 1, null],
      ['forward', 'd3', 'cancelled', 0, 'rollout-aborted'],
      ['forward', 'd4', 'failed', 0, 'install-failed'],
    ]);
    expect(await rolloutOf(aborted)).toMatchObject({ status: 'aborted', active: false, version: '2.0.0' });
  });

  it('a rollback cancels who waits and brings back who moved', async () => {
    expect(await membersOf(rolledBack)).toEqual([
      ['forward', 'd1', 'succeeded', 1, null],
      ['forward', 'd2', 'succeeded', 1, null],
      ['forward', 'd3', 'cancelled', 0, 'rollout-rolled-back'],
      ['rollback', 'd1', 'succeeded', 1, null],
    ]);
    expect((await rolloutOf(rolledBack))?.state).toMatchObject({
      rollback: { unavailable: { 'no-good-version': 1 }, waves: [{ counts: { succeeded: 1 } }] },
    });
  });

  it('a retry of a rollback has who is not back wait again, and forgets who had no way', async () => {
    expect(await membersOf(retriedBack)).toEqual([
      ['forward', 'd1', 'succeeded', 1, null],
      ['forward', 'd2', 'succeeded', 1, null],
      ['forward', 'd3', 'succeeded', 1, null],
      ['rollback', 'd1', 'in_flight', 1, null],
      ['rollback', 'd2', 'waiting', 1, null],
      ['rollback', 'd3', 'waiting', 0, null],
    ]);
    expect((await rolloutOf(retriedBack))?.state).toMatchObject({
      status: 'rolling_back',
      rollback: { unavailable: {}, not_back: { failed: {}, cancelled: {} }, retrying: {} },
    });
  });

  it('a rollback that was stopped and is asked for again has who is not back wait again', async () => {
    expect((await membersOf(backAgain)).filter(([stage]) => stage === 'rollback')).toEqual([
      ['rollback', 'd1', 'waiting', 1, null],
      ['rollback', 'd2', 'in_flight', 1, null],
      ['rollback', 'd3', 'waiting', 0, null],
    ]);
    expect((await rolloutOf(backAgain))?.state).toMatchObject({
      status: 'rolling_back',
      rollback: {
        unavailable: {},
        not_back: { failed: {}, cancelled: {} },
        waves: [{ counts: { waiting: 2, in_flight: 1, cancelled: 0 } }],
      },
    });
  });

  it('who has failed and waits for another try has failed, once nobody is told any more', async () => {
    const failed = ['forward', 'd1', 'failed', 1, 'install-failed'];
    const codes = ['rollout-aborted', 'rollout-rolled-back', 'wave-skipped'];
    for (const [n, recording] of left.entries()) {
      const [first, second] = await membersOf(recording);
      expect(first).toEqual(failed);
      expect(second).toEqual(['forward', 'd2', n === 2 ? 'skipped' : 'cancelled', 0, codes[n]]);
    }
  });

  it('a device that has the id of another one takes its place', async () => {
    expect(await membersOf(replaced)).toEqual([
      ['forward', 'd1', 'in_flight', 2, null],
      ['forward', 'd2', 'succeeded', 1, null],
    ]);
    const row = (await rows()).members.find(({ rollout_id, device_id }) => {
      return rollout_id === replaced.rollout_id && device_id === 'd1';
    });
    expect(row).toMatchObject({ tries_before: 1, joined: true, rank: 0 });
  });

  it('a device that joins is left out no more', async () => {
    const { exclusions } = await rows();
    const own = exclusions.filter(({ rollout_id }) => rollout_id === joined.rollout_id);
    expect(own.map(({ device_id, reason }) => [device_id, reason])).toEqual([
      ['d3', 'device-revoked'],
      ['d4', 'newer-version'],
    ]);
    expect(await membersOf(joined)).toContainEqual(['forward', 'd2', 'failed', 1, 'install-failed']);
  });
});

describe('a request that is refused', () => {
  it('leaves no rollout, but where its refusal stands: the next one must be able to follow it', async () => {
    const [request, refusal] = interleaved([
      new Recording('ghost').acted('RolloutPauseRequested', 'RolloutActionRefused'),
    ]);
    await fold([request!]);
    const { rollouts } = await rows();
    expect(rollouts).toMatchObject([{ status: 'none', active: true, lane_position: 0 }]);
    await fold([refusal!]);
    expect((await rows()).rollouts).toMatchObject([
      { status: 'none', version: null, active: false, lane_position: refusal!.position, state: { actions: [] } },
    ]);
    expect((await rows()).members).toEqual([]);
  });

  it('is a rejected rollout, with its version, when it was for one', async () => {
    await fold(log);
    expect(await rolloutOf(rejected)).toMatchObject({ status: 'rejected', version: '9.0.0', active: false });
  });
});

describe('events that are of no rollout', () => {
  it('change nothing', async () => {
    const [event] = interleaved([new Recording('alone').told('d1')]);
    const { rollout_id: _rollout, ...data } = event!.data as { rollout_id: string };
    await fold([{ ...event!, data } as unknown as StoredEvent]);
    expect(await rows()).toEqual({ rollouts: [], members: [], exclusions: [] });
  });

  it('are updates of a rollout that this log does not know', async () => {
    await fold(interleaved([new Recording('alone').told('d1')]));
    expect(await rows()).toEqual({ rollouts: [], members: [], exclusions: [] });
  });
});
