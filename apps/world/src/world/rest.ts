import { areHeard } from '../invariants/at-rest.js';
import type { VirtualTime } from '@edgeflow/simulation';
import { isFolded } from './folded.js';
import type { Told } from './told.js';
import type { World } from './world.js';

/** Behind what people and devices do nothing is broken and nobody does anything, for so long at most: whatever was due has come by then. */
const QUIET_MS = 8 * 60_000;
/** Where no update is open and nothing was decided for so long, nothing more is to come: soaks, pauses and other tries are shorter, and so is the lease of a leader that has died. */
const STILL_MS = 35_000;
/** The same where no rollout is under way, nothing lies in an inbox, and somebody leads who would do what there is, and nobody is to be missed: two of his rounds. */
const OVER_MS = 12_000;
/** So often somebody asks how things stand. */
const ASK_MS = 15_000;
/** Who leaves is missed within so long: by the pings that it does not answer, and where its gateway is gone too, by another one. */
const MISSED_MS = 180_000;
/** Within so long somebody has looked at the alarms of a log that has lost its tail, rows are made anew, and devices have come back and said what was lost. */
const MENDED_MS = 120_000;

/** Time goes on until then, and now and then somebody asks how rollouts stand. */
export async function looked(told: Told, time: VirtualTime, until_ms: number): Promise<void> {
  while (time.now_ms < until_ms) {
    await time.pass(Math.min(ASK_MS, until_ms - time.now_ms));
    await time.until(told.look());
  }
}

/** Time goes on until nothing more is to come. */
export async function rest(world: World, told: Told): Promise<void> {
  const { time, servers } = world;
  const end_ms = time.now_ms + QUIET_MS;
  let hadRoom = false;
  const isOver = (): boolean => {
    // What was put off for want of room is done behind the look that finds some.
    const isTaken = hadRoom;
    hadRoom = world.allNodes().every(({ hasRoom }) => hasRoom);
    const { isIdle, goesOn, stirred_at } = world.screen();
    const still_ms = goesOn || !isAtWork(world) || !areOffline(world) ? STILL_MS : OVER_MS;
    const isStill = servers.clock.now().getTime() - stirred_at > still_ms;
    const isMended = time.now_ms - world.cut_until_ms > MENDED_MS;
    return isIdle && isStill && isMissed(world) && isMended && isTaken && hadRoom;
  };
  while (time.now_ms < end_ms && !(isOver() && (await time.until(isFolded(world))) && (await isHeard(world))))
    await looked(told, time, time.now_ms + ASK_MS);
}

/** Whoever has left is said to be offline, or would be by now. */
function isMissed(world: World): boolean {
  const since_ms = world.time.now_ms - world.population.left_at_ms;
  return since_ms > MISSED_MS || (since_ms > 0 && areOffline(world));
}

/** Those that have left. */
function areOffline(world: World): boolean {
  const screen = world.screen();
  const gone = world.population.atRest().filter(({ isGone }) => isGone);
  return gone.every(({ org, device_id }) => !screen.isOnline(org, device_id));
}

/** What is asked for is decided: somebody leads, and nothing waits to be taken. */
function isAtWork({ nodes, scene, servers }: World): boolean {
  const isRead = (org: string): boolean => (servers.log.stream(`INBOX_${org}`)?.count ?? 0) === 0;
  return nodes.orchestrators.some(({ core }) => core?.fold.leading() === true) && scene.orgs.every(isRead);
}

/** Every device has come back, and said what it runs: nothing is more at rest before that. */
async function isHeard(world: World): Promise<boolean> {
  return areHeard(world.population.atRest(), await world.events(), world.cut_until_ms > 0);
}
