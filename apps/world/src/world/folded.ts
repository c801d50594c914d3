import { areTablesThere } from './fresh-rows.js';
import type { Node } from './node.js';
import { LOG } from './servers.js';
import type { Folding } from './told.js';
import type { World } from './world.js';

/** What was stored a moment ago is in the rows within this time, in milliseconds, and so often it is looked whether it is. */
const FOLDED_MS = 60_000;
const LOOK_MS = 500;

/**
 * Everything that is on the log is in the rows of each service, and nothing else: who could write none until a moment ago tries again a little later,
 * and rows of what the log has lost are made anew once somebody has noticed.
 */
export async function isFolded(world: World): Promise<boolean> {
  const { nodes, servers } = world;
  const end = servers.log.stream(LOG)?.last ?? 0;
  const isAtEnd = async ({ core }: Node<Folding>): Promise<boolean> => {
    const lag = await core?.fold.lag().catch(() => undefined);
    return core !== undefined && lag === 0 && core.fold.position <= end && core.fold.alarm() === undefined;
  };
  for (const kind of [nodes.orchestrators, nodes.projections])
    if (!(await Promise.all(kind.map(isAtEnd))).includes(true)) return false;
  return areTablesThere(world);
}

/** Time goes on until what was stored is folded, or for a minute. */
export async function folded(world: World): Promise<void> {
  const { time } = world;
  for (let ms = 0; ms < FOLDED_MS && !(await time.until(isFolded(world))); ms += LOOK_MS) await time.pass(LOOK_MS);
}
