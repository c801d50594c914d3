import type { StoredEvent } from '@edgeflow/contracts';
import { countFaults } from '../../../apps/world/src/invariants/resource-counts.js';
import type { Resource } from '../../e2e/rollouts.harness.js';
import type { StandaloneUnderTest } from '../../e2e/standalone.harness.js';

/** What is wrong with the counts of the rollouts, a line each: they add up in each wave and over all, and are what the log says. */
export async function rolloutFaults(
  standalone: StandaloneUnderTest,
  events: readonly StoredEvent[],
): Promise<string[]> {
  const faults: string[] = [];
  const end = events.at(-1)?.position ?? 0;
  for (const event of events) {
    if (event.type !== 'RolloutAccepted') continue;
    const { org, entity_id } = event;
    const path = `/query/v1/rollouts/${entity_id}?after=${end}`;
    const { status, body } = await standalone.ask<Resource>(org, 'viewer', 'GET', path);
    if (status === 200) faults.push(...countFaults(body, org, events));
    else faults.push(`${entity_id} is accepted, and ${path} answers ${status}`);
  }
  return faults;
}
