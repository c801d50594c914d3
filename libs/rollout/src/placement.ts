import { given, refOf, type DataOf, type Stage, type StoredEvent } from '@edgeflow/contracts';
import { noCounts, sumOf, total } from './counts.js';
import { isDeclined, type Member } from './member.js';
import { rollbackIn, type AcceptedRollout, type Wave } from './rollout.state.js';

type Replaced = NonNullable<DataOf<'RolloutDevicesPlanned'>['devices'][number]['replaces']>;

/** A device that has ended in a rollout. */
type Ended = Pick<Member, 'rank' | 'wave' | 'attempt' | 'code' | 'reverted'> & { status: Replaced['status'] };

/** Where a planned device stands. */
export interface Place {
  rank: number;
  wave: number;
}

/** The waves of a stage; empty before a rollback was triggered. */
export function wavesIn(rollout: AcceptedRollout, stage: Stage): readonly Wave[] {
  if (stage === 'forward') return rollout.waves;
  return rollbackIn(rollout)?.waves ?? [];
}

/** True when the devices of the plan are there, all of them. */
export function isWhole({ waves }: AcceptedRollout): boolean {
  return waves.every(({ eligible, counts }) => total(counts) >= eligible);
}

/** The rollout with other waves in a stage. */
export function withWaves(rollout: AcceptedRollout, stage: Stage, waves: readonly Wave[]): AcceptedRollout {
  if (stage === 'forward') return { ...rollout, waves };
  return 'rollback' in rollout && rollout.rollback ? { ...rollout, rollback: { ...rollout.rollback, waves } } : rollout;
}

/** Devices whose update is open, in both stages. */
export function inFlightIn(rollout: AcceptedRollout): number {
  return sumOf([...rollout.waves, ...wavesIn(rollout, 'rollback')]).in_flight;
}

/**
 * The places of the next `count` devices of a stage. They fill the waves in order. Devices beyond the plan go into the last wave
 * forward, and into further waves of the rollback.
 */
export function placesFor(rollout: AcceptedRollout, stage: Stage, count: number): Place[] {
  const waves = wavesIn(rollout, stage);
  const taken = waves.map(({ counts }) => total(counts));
  let rank = taken.reduce((sum, n) => sum + n, 0);
  let wave = 0;
  const room = (index: number): number => roomIn(rollout, stage, index) - (taken[index] ?? 0);
  const places: Place[] = [];
  for (let n = 0; n < count; n++) {
    while (room(wave) <= 0 && !isOpenEnded(stage, wave, waves)) wave += 1;
    places.push({ rank: rank++, wave });
    taken[wave] = (taken[wave] ?? 0) + 1;
  }
  return places;
}

function roomIn(rollout: AcceptedRollout, stage: Stage, index: number): number {
  if (stage === 'forward') return rollout.waves[index]?.eligible ?? 0;
  return rollbackIn(rollout)?.wave_size ?? 0;
}

/** The last wave forward takes whoever comes. */
function isOpenEnded(stage: Stage, index: number, waves: readonly Wave[]): boolean {
  return stage === 'forward' && index >= waves.length - 1;
}

/**
 * The waves after the places were taken, all by devices that wait. A wave that had ended runs again.
 * @param time when they were taken
 */
export function withPlaces(waves: readonly Wave[], places: readonly Place[], time: string): Wave[] {
  const added = new Map<number, number>();
  for (const { wave } of places) added.set(wave, (added.get(wave) ?? 0) + 1);
  const count = Math.max(waves.length, ...[...added.keys()].map((index) => index + 1));
  return Array.from({ length: count }, (_, index) => {
    const wave = waves[index] ?? { eligible: 0, soak_s: 0, counts: noCounts, status: 'pending' as const };
    return grown(wave, added.get(index) ?? 0, time);
  });
}

function grown(wave: Wave, n: number, time: string): Wave {
  if (n === 0) return wave;
  const counts = { ...wave.counts, waiting: wave.counts.waiting + n };
  const next = { ...wave, counts, eligible: Math.max(wave.eligible, total(counts)) };
  return wave.status === 'completed' ? runningAgain(next, time) : next;
}

/** A wave after one of its devices has come to a status: one that had ended runs again for a device that waits once more. */
export function goingOn(wave: Wave, { status }: Pick<Member, 'status'>, time: string): Wave {
  return wave.status === 'completed' && status === 'waiting' ? runningAgain(wave, time) : wave;
}

/** A wave that has devices to tell again from a time on. */
export function runningAgain(wave: Wave, since: string): Wave {
  if (wave.status === 'pending') return wave;
  if (wave.status === 'running') return { ...wave, since };
  const { completed_at: _at, gate: _gate, skipped_at: _skipped, ...rest } = wave;
  return { ...rest, status: 'running', since };
}

/** A wave that starts. */
export function started(
  { eligible, soak_s, success_percent, counts, superseded, reverted, revoked, retry, postponed, declined }: Wave,
  event: StoredEvent,
) {
  const plan = {
    eligible,
    soak_s,
    counts,
    ...given({ success_percent, superseded, reverted, revoked, retry, postponed, declined }),
  };
  return { ...plan, status: 'running' as const, started_at: event.time, since: event.time, ref: refOf(event) };
}

/** The members that an event plans, given the rollout as it was before it. */
export function membersOf(
  rollout: AcceptedRollout,
  { rollout_id, stage, devices, joined = false }: DataOf<'RolloutDevicesPlanned'>,
  { time, position }: { time: string; position: number },
): Member[] {
  const places = placesFor(rollout, stage, devices.length);
  let fresh = 0;
  return devices.map(({ device_id, version = rollout.spec.version, replaces }, index) => {
    const { wave = 0 } = places[index] ?? {};
    const rank = replaces?.rank ?? places[fresh++]?.rank ?? 0;
    const tries = replaces?.attempt ?? 0;
    return {
      ...{ rollout_id, device_id, stage, version, joined, position, planned_position: position, rank, wave },
      ...{ status: 'waiting', attempt: tries, tries_before: tries, changed_at: time },
      ...{ from_version: null, update_id: null, deadline_at: null, not_before: null },
      ...{ code: null, detail: null, reverted: false },
    };
  });
}

/**
 * What a plan says of a device whose id another one has now. An answer without a telling (`UpdateSkipped`, `UpdateRejected`) went by the id of the next try, and
 * of one that was told before nobody sees that: the number behind its last try is taken, so that no update of the next one has an id that was used.
 */
export function replacedBy({ rank, wave, attempt, status, code, reverted }: Ended): Replaced {
  return {
    rank,
    wave,
    attempt: attempt + 1,
    status,
    ...given({ code: code ?? undefined }),
    ...(reverted && { reverted }),
  };
}

/** The waves without the devices whose ids others have now: these are planned behind all that are. */
export function withoutReplaced(
  waves: readonly Wave[],
  devices: DataOf<'RolloutDevicesPlanned'>['devices'],
): readonly Wave[] {
  const next = [...waves];
  for (const { replaces } of devices) {
    const wave = replaces && next[replaces.wave];
    if (wave) next[replaces.wave] = withoutDevice(wave, replaces);
  }
  return next;
}

function withoutDevice(wave: Wave, { status, code, reverted = false }: Replaced): Wave {
  const counts = { ...wave.counts, [status]: wave.counts[status] - 1 };
  const isTaken = code === 'superseded' && (status === 'skipped' || status === 'cancelled');
  const { acknowledged, declined, superseded, reverted: lost, replaced = 0, eligible } = wave;
  return {
    ...{ ...wave, counts, eligible: eligible - 1, replaced: replaced + 1 },
    ...(isDeclined({ status, code: code ?? null }) && { declined: (declined ?? 0) - 1 }),
    ...(isTaken && { superseded: (superseded ?? 0) - 1 }),
    ...(reverted && { reverted: (lost ?? 0) - 1 }),
    // A failure that somebody took note of does not make up for a later one.
    ...(status === 'failed' && acknowledged !== undefined && { acknowledged: Math.max(0, acknowledged - 1) }),
  };
}
