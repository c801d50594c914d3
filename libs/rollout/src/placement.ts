import type { DataOf, Stage } from '@edgeflow/contracts';
import { noCounts, total } from './counts.js';
import type { Member } from './member.js';
import type { AcceptedRollout, Wave } from './rollout.state.js';

/** Where a planned device stands. */
export interface Place {
  rank: number;
  wave: number;
}

/** The waves of a stage; empty before a rollback was triggered. */
export function wavesIn(rollout: AcceptedRollout, stage: Stage): readonly Wave[] {
  if (stage === 'forward') return rollout.waves;
  return 'rollback' in rollout && rollout.rollback ? rollout.rollback.waves : [];
}

/**
 * The places of the next `count` devices of a stage. They fill the waves in order. Devices beyond the plan go into the last wave on the
 * way out, and into further waves on the way back.
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
  return 'rollback' in rollout && rollout.rollback ? rollout.rollback.wave_size : 0;
}

/** The last wave on the way out takes whoever comes. */
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

/** A wave that has devices to tell again from a time on. */
export function runningAgain(wave: Wave, since: string): Wave {
  if (wave.status === 'pending') return wave;
  if (wave.status === 'running') return { ...wave, since };
  const { completed_at: _at, gate: _gate, ...rest } = wave;
  return { ...rest, status: 'running', since };
}

/** The members that an event plans, given the rollout as it was before it. */
export function membersOf(
  rollout: AcceptedRollout,
  { rollout_id, stage, devices, joined = false }: DataOf<'RolloutDevicesPlanned'>,
  { time, position }: { time: string; position: number },
): Member[] {
  const places = placesFor(rollout, stage, devices.length);
  return devices.map(({ device_id, version = rollout.spec.version }, index) => ({
    ...{ rollout_id, device_id, stage, version, joined, position },
    ...(places[index] ?? { rank: 0, wave: 0 }),
    ...{ status: 'waiting', attempt: 0, tries_before: 0, changed_at: time },
    ...{ from_version: null, update_id: null, not_before: null, code: null, detail: null },
  }));
}
