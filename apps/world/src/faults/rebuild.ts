import { FoldCheckpoint } from '@edgeflow/fold';
import { byOtherHand, type MemoryServer } from '@edgeflow/fold/memory';

/** The rows that are read, or those that are built: an alarm may stand on these alone, when the others are gone. */
const ROWS = /^((?:orchestrator|projection)_\d+)(?:_next)?$/;

/** What `npm run rebuild` does (`askForRebuild`): rows are made anew from the log as it is; those that an alarm stands on are given up at once. */
export async function rebuild(server: MemoryServer, which: 'all' | 'alarmed' = 'all'): Promise<void> {
  const all = [...server.schemas.keys()].flatMap((name) => ROWS.exec(name)?.[1] ?? []);
  for (const live of new Set(all)) {
    const next = `${live}_next`;
    if (which === 'alarmed' && !(await isAlarmed(server, live)) && !(await isAlarmed(server, next))) continue;
    if (server.schemas.has(next)) await wants(server, next, 'wrong');
    await wants(server, live);
  }
}

async function isAlarmed(server: MemoryServer, schema: string): Promise<boolean> {
  const found = byOtherHand(server, schema, (rows) => rows.exists(FoldCheckpoint, { alarm: { not: null } }));
  return found.catch(() => false);
}

async function wants(server: MemoryServer, schema: string, how?: 'wrong'): Promise<void> {
  await byOtherHand(server, schema, async (rows) => {
    for (const { name, alarm, rebuild: before } of await rows.range(FoldCheckpoint, {})) {
      const wanted = how ?? (alarm === null ? (before ?? 'asked') : 'wrong');
      await rows.change(FoldCheckpoint, { name }, { rebuild: wanted });
    }
  }).catch(() => undefined); // There is nothing to make anew where tables are gone.
}
