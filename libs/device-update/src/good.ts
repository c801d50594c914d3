import { isVersion, type StoredEvent } from '@edgeflow/contracts';
import { GOOD_MAX, type DeviceUpdateState, type OpenUpdate } from './device-update.state.js';

/** Ends of an update whose device came up on what it was not told, and did not run before. */
const ASTRAY = ['came-back-on-another-version', 'unexpected-version'];

/** Going back to a version takes the newer ones out: they are not good any more. What is no firmware's version leads nowhere. */
export function goodWith(good: readonly string[], version: string): readonly string[] {
  if (!isVersion(version)) return good;
  const known = good.lastIndexOf(version);
  return known >= 0 ? good.slice(0, known + 1) : [...good, version].slice(-GOOD_MAX);
}

/**
 * The state with the versions that are known to be good after its device said what it runs. What it came up on instead of what it was told (a recovery image, say) is
 * good only if somebody has it leave that for something else: where it goes on by itself, or comes to what it was told after all, it has only passed through.
 * @param update what the word has made of the open update
 */
export function withGood(
  state: DeviceUpdateState,
  { data: { version, confirmed } }: StoredEvent<'DeviceVersionReported'>,
  update: OpenUpdate,
): DeviceUpdateState {
  const { instead, ...rest } = state;
  const { running } = state;
  // What its boot loader may still take back is not known to be good.
  const add = (good: readonly string[]) => (confirmed === false ? good : goodWith(good, version));
  if (running.status === 'known' && running.version === version) return { ...state, good: add(state.good) };
  const before = instead && hasPassed(state.update, instead.told) ? instead.good : state.good;
  const next = { ...rest, good: add(before) };
  const told = astray(state.update, update);
  return told === undefined ? next : { ...next, instead: { told, good: before } };
}

function hasPassed(update: OpenUpdate, told: string): boolean {
  return update.status === 'none' || update.status === 'ending' || update.plan.version === told;
}

/** The version that the device was told where it came up on neither that nor what it ran before. */
function astray(before: OpenUpdate, after: OpenUpdate): string | undefined {
  if (before.status === 'ending' || after.status !== 'ending' || after.ending.outcome === 'completed') return undefined;
  return ASTRAY.includes(after.ending.code) ? after.plan.version : undefined;
}

/**
 * The versions that the device ran before what it runs now and did not go back from, the newest first. What a rollback has left behind is none of them, whichever way
 * the device has gone since.
 * @param leaves what else it is not to go back to: the version of a rollout that is rolled back
 */
export function waysBack(
  { good, running, left = [] }: Pick<DeviceUpdateState, 'good' | 'running' | 'left'>,
  leaves?: string,
): string[] {
  if (running.status === 'unknown') return [];
  const bad = [running.version, leaves, ...left.map(({ version }) => version)];
  return good.filter((version) => !bad.includes(version)).reverse();
}

/** The newest of them; undefined when the log knows none. */
export function lastGood(device: Pick<DeviceUpdateState, 'good' | 'running' | 'left'>): string | undefined {
  return waysBack(device)[0];
}
