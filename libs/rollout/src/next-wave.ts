import { open } from './counts.js';
import { stageOf, type MemberEvent } from './member.js';
import { isAccepted, isSkipped, rollbackIn, type AcceptedRollout, type Rollout, type Wave } from './rollout.state.js';

/** The wave that starts next forward, when all before it have ended; undefined while one runs, or after the last. */
export function nextWave({ waves }: Pick<AcceptedRollout, 'waves'>): number | undefined {
  const index = waves.findIndex(({ status }) => status === 'pending');
  const before = index < 0 ? waves : waves.slice(0, index);
  return index >= 0 && before.every(({ status }) => status === 'completed') ? index : undefined;
}

/** The wave that waits for someone's approval; undefined when none does. */
export function awaitedApproval(rollout: AcceptedRollout): number | undefined {
  const { approval = 'none' } = rollout.spec;
  if (rollout.status !== 'accepted' && rollout.status !== 'running') return undefined;
  const wave = nextWave(rollout);
  if (wave === undefined || approval === 'none' || rollout.approved >= wave) return undefined;
  return approval === 'every_wave' || wave === 0 ? wave : undefined;
}

/**
 * When the soak that holds `next` is over, in milliseconds since 1970: that of the last wave before it that ended by itself; undefined where none did. Behind the
 * last wave it is the number of waves: the rollout is completed after it. An empty wave needs none.
 */
export function soakEnds({ waves }: Pick<AcceptedRollout, 'waves'>, next: number): number | undefined {
  const before = waves[lastUnskipped(waves, next)];
  if (before?.status !== 'completed') return undefined;
  const { completed_at, eligible, replaced = 0, soak_s } = before;
  return Date.parse(completed_at) + (eligible + replaced === 0 ? 0 : soak_s) * 1000;
}

/**
 * The wave that ended last by itself, while none runs and the next one has not started: the last one too. A skipped one has proved nothing, so that the one
 * before it goes on holding what comes next. Undefined where there is none.
 */
export function lastEnded({ waves }: Pick<AcceptedRollout, 'waves'>): number | undefined {
  const ended = lastUnskipped(waves, allEnded(waves));
  return ended >= 0 ? ended : undefined;
}

/** How many waves have ended, while none runs; 0 while one does. */
function allEnded(waves: readonly Wave[]): number {
  const next = nextWave({ waves }) ?? waves.length;
  return waves.slice(0, next).every(({ status }) => status === 'completed') ? next : 0;
}

/** The last wave before `next` that nobody skipped; -1 for none. */
function lastUnskipped(waves: readonly Wave[], next: number): number {
  return waves.slice(0, next).findLastIndex((wave) => !isSkipped(wave));
}

/** True for a wave that runs and whose devices have all ended. */
export function hasEnded(wave: Wave): boolean {
  return wave.status === 'running' && open(wave.counts) === 0;
}

/** True for a wave that somebody may have the rollout not wait for: it waits for somebody still. */
export function mayBeSkipped(wave: Wave): boolean {
  return wave.status === 'pending' || (wave.status === 'running' && !hasEnded(wave));
}

/** The wave that is skipped where none is named: the one that runs, or the next one where none does; undefined when all have ended. */
export function skippable({ waves }: Pick<AcceptedRollout, 'waves'>): number | undefined {
  const running = waves.findIndex(({ status }) => status === 'running');
  const index = running >= 0 ? running : waves.findIndex(({ status }) => status === 'pending');
  return index >= 0 ? index : undefined;
}

/**
 * True while a success in a wave that does not last is none of the wave: from its start until the next one that is not skipped starts, or the rollout is
 * over. On the way back as long as that lasts, and afterwards of a device that runs the bad version again.
 */
export function mayStillFail(rollout: AcceptedRollout, event: MemberEvent, wave: number): boolean {
  if (stageOf(event) === 'forward') return isLookedAt(rollout, wave);
  return rollout.status === 'rolling_back' || (rollbackIn(rollout) !== undefined && runsBad(rollout, event));
}

/** The waves whose successes have to last still, by their number. */
export function lookedAt(rollout: AcceptedRollout): number[] {
  return rollout.waves.flatMap((_, index) => (isLookedAt(rollout, index) ? [index] : []));
}

function isLookedAt(rollout: AcceptedRollout, wave: number): boolean {
  if (rollout.status !== 'running' && rollout.status !== 'paused') return false;
  if (rollout.waves[wave]?.status === 'running') return true;
  return wave >= (lastEnded(rollout) ?? 0) && wave < allEnded(rollout.waves);
}

function runsBad({ spec }: AcceptedRollout, event: MemberEvent): boolean {
  return event.type === 'UpdateReverted' && event.data.runs === spec.version;
}

/** Which wave is skipped where none is named stands with the request: by the time it is answered another one may run. */
export function waveMeant(rollout: Rollout): number | undefined {
  return isAccepted(rollout) ? skippable(rollout) : undefined;
}
