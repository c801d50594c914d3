import { AuditRow, ENTITIES, projectionFold } from '@edgeflow/app-projection/core';
import type { StoredEvent } from '@edgeflow/contracts';
import { MemoryFoldDatabase } from '@edgeflow/fold/memory';
import { trailFaults, type ServedLine } from '../invariants/audit-chain.js';
import { LANES } from './servers.js';
import type { World } from './world.js';

/** In these an event says who did it, or had it done. */
const WHO = ['requested_by', 'registered_by', 'revoked_by', 'reinstated_by', 'changed_by', 'removed_by', 'issued_by'];

/** What is wrong with the audit trails of a world: the chain, and what somebody did and what is in none. */
export async function auditFaults({ scene, servers, time }: World, events: readonly StoredEvent[]): Promise<string[]> {
  const clock = time.clock({ lane: LANES.people });
  const place = { schema: 'projection', version: projectionFold.version, entities: ENTITIES };
  const database = new MemoryFoldDatabase(servers.rows, { name: 'auditor', clock, faults: {}, ...place });
  const rows = await time.until(database.rows.range(AuditRow, {}, { order: { org: 'asc', seq: 'asc' } }));
  return scene.orgs.flatMap((org) => {
    const lines = rows.filter((row) => row.org === org).map((line) => ({ ...line }) as unknown as ServedLine);
    return trailFaults(org, lines, events.filter(isAction));
  });
}

/** A request, or what was done at once: what follows from a request is nobody's action. */
function isAction({ type, entity, data }: StoredEvent): boolean {
  const who = WHO.some((member) => member in data);
  return who && (type.endsWith('Requested') || ['firmware', 'device', 'trust', 'claim'].includes(entity));
}
