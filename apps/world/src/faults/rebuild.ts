import { FoldCheckpoint } from '@edgeflow/fold';
import { byOtherHand, type MemoryServer } from '@edgeflow/fold/memory';

const LIVE = /^(orchestrator|projection)_\d+$/;

/** What `npm run rebuild` does (`askForRebuild`): rows are made anew from the log as it is; those that an alarm stands on are given up at once. */
export async function rebuild(server: MemoryServer, which: 'all' | 'alarmed' = 'all'): Promise<void> {
  for (const schema of [...server.schemas.keys()].filter((name) => LIVE.test(name))) {
    if (which === 'alarmed' && !(await isAlarmed(server, schema))) continue;
    if (server.schemas.has(`${schema}_next`)) await wants(server, `${schema}_next`, 'wrong');
    await wants(server, schema);
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
