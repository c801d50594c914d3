import type { OtaEvent } from '@edgeflow/contracts';
import { MemoryLog, MemoryLogServer } from '@edgeflow/event-log/memory';
import { DeadLetterRow, type FoldDatabase, type RowClass } from '@edgeflow/fold';
import { MemoryFoldDatabase, MemoryServer, type MemoryFaults } from '@edgeflow/fold/memory';
import { MODELS } from '@edgeflow/rollout-rows/memory';
import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { configureLogger } from '@edgeflow/telemetry';
import { ENTITIES, projectionFold } from '../processors/projection.fold.js';
import { ProjectionCore } from '../projection.core.js';
import { Writer } from './writer.fixture.js';

configureLogger({ service: 'spec', level: 'silent' });

/** A replica, and its way to the rows. */
export interface Replica {
  core: ProjectionCore;
  database: FoldDatabase;
}

/** Projections without Nest and servers, on a log and rows in memory, under virtual time. */
export async function virtualProjections() {
  const time = new VirtualTime();
  const entropy = new SeededEntropy(1);
  const nats = new MemoryLogServer({ clock: time.clock() });
  const connect = (name: string) => MemoryLog.connect(nats, { name, machine: time.machine(entropy.child(name)) });
  const writer = new Writer(await time.until(connect('writer')));
  return {
    time,
    /** @returns the position of the last event */
    tell: (...events: readonly OtaEvent[]): Promise<number> => time.until(writer.tell(...events)),
    /** A database server, empty. */
    rows: () => new MemoryServer({ clock: time.clock(), models: MODELS }),
    /** Starts a replica on a database. */
    async start(server: MemoryServer, name: string, faults: MemoryFaults = {}): Promise<Replica> {
      const machine = time.machine(entropy.child(name));
      const { version } = projectionFold;
      const place = { schema: 'projection', version, entities: ENTITIES };
      const database = new MemoryFoldDatabase(server, { name, clock: machine.clock, faults, ...place });
      await time.until(database.open());
      const log = await time.until(connect(name));
      const core = new ProjectionCore({ config: { READY_MAX_LAG: 100 }, log, database, machine });
      await time.until(core.start());
      return { core, database };
    },
    /** All rows of all tables, by the name of their class, as text that is the same when the rows are. */
    async all({ rows }: FoldDatabase): Promise<Record<string, string[]>> {
      const tables: RowClass<object>[] = [...ENTITIES, DeadLetterRow];
      const found = tables.map(async (table) => {
        const all = await rows.range(table, {});
        return [table.name, all.map((row) => JSON.stringify(row)).toSorted()] as const;
      });
      return Object.fromEntries(await time.until(Promise.all(found)));
    },
  };
}

/** What a replica asks of its database is not done while it is cut off, and then is, in its order: it does not know that others went on. */
export function partition() {
  let healed = Promise.withResolvers<void>();
  healed.resolve();
  return {
    faults: { before: () => healed.promise } satisfies MemoryFaults,
    cut: () => void (healed = Promise.withResolvers<void>()),
    heal: () => healed.resolve(),
  };
}
