import { ENTITIES as READ_MODELS, projectionFold } from '@edgeflow/app-projection/core';
import { ENTITIES, SCHEMA, VERSION, orchestratorFold } from '@edgeflow/app-rollout-orchestrator/core';
import { orchestratorModels } from '@edgeflow/app-rollout-orchestrator/memory';
import { isUnread } from '@edgeflow/contracts';
import type { FoldDefinition, FoldTransaction, RowClass } from '@edgeflow/fold';
import { MemoryFoldDatabase, MemoryServer } from '@edgeflow/fold/memory';
import { MODELS } from '@edgeflow/rollout-rows/memory';
import { rowDifferences, type RowTexts } from '../invariants/rows.js';
import { isRead, type Item } from './log-view.js';
import { LANES } from './servers.js';
import type { World } from './world.js';

interface Place {
  schema: string;
  version: number | undefined;
  entities: readonly RowClass<object>[];
  fold: FoldDefinition;
}

const PLACES = (): Place[] => [
  { schema: 'projection', version: projectionFold.version, entities: READ_MODELS, fold: projectionFold },
  { schema: SCHEMA, version: VERSION, entities: ENTITIES, fold: orchestratorFold(() => undefined) },
];

/** False where tables of a service were dropped, and nobody has noticed and made others yet. */
export async function areTablesThere(world: World): Promise<boolean> {
  const wrong = PLACES().map((place) => databaseOn(world.servers.rows, world, place).wrongTables());
  return (await Promise.all(wrong)).flat().length === 0;
}

/** Where the rows of the services are not what a fold from zero makes of the log, a line for each row. @param log all of it, which rests */
export async function rowFaults(world: World, log: readonly Item[]): Promise<string[]> {
  const { servers, time } = world;
  const fresh = new MemoryServer({
    clock: time.clock({ lane: LANES.servers }),
    models: [...orchestratorModels, ...MODELS],
  });
  const parts = partsOf(log);
  const faults: string[] = [];
  for (const place of PLACES()) {
    const made = await time.until(folded(databaseOn(fresh, world, place), place, parts));
    const live = await time.until(textsOf(databaseOn(servers.rows, world, place), place));
    faults.push(...rowDifferences(place.schema, live, made));
  }
  return faults;
}

/** In one transaction, as a rebuild does: what a follower does beside that, it does all the time in each history. */
async function folded(database: MemoryFoldDatabase, place: Place, parts: readonly Item[][]): Promise<RowTexts> {
  await database.open();
  await database.createRows();
  await database.inTransaction(async (tx) => {
    for (const part of parts) await foldPart(place.fold, part, tx);
  });
  return textsOf(database, place);
}

async function foldPart(fold: FoldDefinition, part: readonly Item[], tx: FoldTransaction): Promise<void> {
  const unread = part.filter(isUnread);
  if (unread.length > 0) return fold.passOver?.(unread, tx);
  await fold.apply(part.filter(isRead), tx);
}

/** Cut where what is read ends, and where it goes on. */
function partsOf(log: readonly Item[]): Item[][] {
  const parts: Item[][] = [];
  for (const item of log) {
    const [last] = parts.at(-1) ?? [];
    if (last && isUnread(last) === isUnread(item)) parts.at(-1)?.push(item);
    else parts.push([item]);
  }
  return parts;
}

function databaseOn(server: MemoryServer, { time }: World, { schema, version, entities }: Place): MemoryFoldDatabase {
  const clock = time.clock({ lane: LANES.people });
  return new MemoryFoldDatabase(server, { name: 'onlooker', clock, faults: {}, schema, version, entities });
}

async function textsOf(database: MemoryFoldDatabase, { entities }: Place): Promise<RowTexts> {
  const texts = new Map<string, readonly string[]>();
  for (const entity of entities) {
    const rows = await database.rows.range(entity, {});
    texts.set(entity.name, rows.map((row) => JSON.stringify(row)).toSorted());
  }
  return texts;
}
