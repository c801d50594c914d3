import { ENTITIES as READ_MODELS, projectionFold } from '@edgeflow/app-projection/core';
import { ENTITIES, SCHEMA, VERSION, orchestratorFold } from '@edgeflow/app-rollout-orchestrator/core';
import { orchestratorModels } from '@edgeflow/app-rollout-orchestrator/memory';
import { MemoryLog } from '@edgeflow/event-log/memory';
import { Fold, type FoldDefinition, type RowClass } from '@edgeflow/fold';
import { MemoryFoldDatabase, MemoryServer } from '@edgeflow/fold/memory';
import { MODELS } from '@edgeflow/rollout-rows/memory';
import { rowDifferences, type RowTexts } from '../invariants/rows.js';
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
/** So long a fold may take to come to the end of a log that rests. */
const PATIENCE_MS = 60_000;

/** Where the rows of the services are not what a fold from zero makes of the log, a line for each row. @param end of the log, which rests */
export async function rowFaults(world: World, end: number): Promise<string[]> {
  const { servers, time } = world;
  const fresh = new MemoryServer({
    clock: time.clock({ lane: LANES.servers }),
    models: [...orchestratorModels, ...MODELS],
  });
  const faults: string[] = [];
  for (const place of PLACES()) {
    const made = await time.until(folded(world, fresh, place, end));
    const live = await time.until(textsOf(databaseOn(servers.rows, world, place), place));
    faults.push(...rowDifferences(place.schema, live, made));
  }
  return faults;
}

async function folded(world: World, server: MemoryServer, place: Place, end: number): Promise<RowTexts> {
  const name = `fresh-${place.schema}`;
  const machine = world.time.machine(world.entropy.child(name), { lane: LANES.people });
  const log = await MemoryLog.connect(world.servers.log, { name, machine });
  const database = databaseOn(server, world, place);
  await database.open();
  const fold = new Fold(log, database, place.fold, { machine });
  await fold.start();
  await fold.waitFor(end, PATIENCE_MS);
  const texts = await textsOf(database, place);
  await fold.stop();
  await log.close();
  return texts;
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
